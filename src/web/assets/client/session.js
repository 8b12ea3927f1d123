// Who is using the page. All that is remembered between visits is the token.

import { Refusal, send } from "../shared/api.js";
import * as cognito from "./cognito.js";

const KEY = "access_token";

class Session extends EventTarget {
  /** What the server told about itself: sign-in, limits, times to live. */
  config = null;
  /** `{uuid, handle, display_name}`, or null for nobody. */
  user = null;
  #token = localStorage.getItem(KEY);

  /** Reads the configuration, ends a sign-in that is under way, finds out who the token's is. */
  async open() {
    this.config = (await send("GET", "/api/config")).data;
    const token = await cognito.finishSignIn(this.config.sign_in);
    if (token) this.#keep(token);
    if (this.#token) await this.#recognise();
  }

  /** A request in this person's name. A token that is no longer good ends the session. */
  async send(method, path, options = {}) {
    const token = this.#token;
    try {
      return await send(method, path, { ...options, token });
    } catch (error) {
      if (error instanceof Refusal && error.status === 401 && token) this.#end();
      throw error;
    }
  }

  /** The development identity: a token for the asking. */
  async signInAs(handle) {
    const { data } = await send("POST", "/api/dev/session", { body: { handle } });
    this.#keep(data.token);
    await this.#recognise();
  }

  /** Leaves for Cognito's page, to come back to where the person was. */
  signInWithCognito(returnTo) {
    return cognito.startSignIn(this.config.sign_in, returnTo);
  }

  /** Forgets the token, here and, where Cognito gave it out, there. */
  signOut() {
    this.#end();
    if (this.config.sign_in.kind === "cognito") cognito.signOut(this.config.sign_in);
  }

  /** After the profile was changed. */
  rename(user) {
    this.user = user;
    this.#tell();
  }

  async #recognise() {
    try {
      this.user = (await this.send("GET", "/api/profile")).data;
      this.#tell();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#end();
    }
  }

  #keep(token) {
    this.#token = token;
    localStorage.setItem(KEY, token);
  }

  #end() {
    this.#token = null;
    localStorage.removeItem(KEY);
    this.user = null;
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event("change"));
  }
}

export const session = new Session();
