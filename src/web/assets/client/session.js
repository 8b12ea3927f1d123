// The user's sign-in session: the access token, kept in local storage, and the user it belongs to.

import { ApiError, openStream, receiveFile, send } from "../shared/api.js";
import { deleteAllDrafts } from "./drafts.js";
import { deleteSeenMessages } from "./seen_messages.js";

/** Key in local storage. */
const TOKEN_KEY = "access_token";

/**
 * Dispatches `change` when the user signs in or out or changes their profile, and before that `ended` when the server
 * accepts the token no longer.
 */
class Session extends EventTarget {
  /** The response of `/api/config`: kind of sign-in, limits, times to live. */
  config = null;
  /** `{uuid, handle, display_name}`; null while no user is signed in. */
  user = null;
  /** Whether the last session ended by itself; the user may still be writing. */
  hasEnded = false;
  #token = localStorage.getItem(TOKEN_KEY);

  /** Loads the configuration, finishes a pending sign-in, and loads the token's user. */
  async open() {
    this.config = (await send("GET", "/api/config")).data;
    const token = await (await cognitoFor(this.config.sign_in))?.finishSignIn(this.config.sign_in);
    if (token) this.#storeToken(token);
    if (this.#token) await this.#loadUser();
  }

  /** Sends a request with the user's token. A 401 ends the session and keeps the drafts. */
  async send(method, path, options = {}) {
    return this.#withToken((token) => send(method, path, { ...options, token }));
  }

  /** Receives a file of the user. */
  async receiveFile(path) {
    return this.#withToken((token) => receiveFile(path, { token }));
  }

  /** Opens a stream of events for the user. */
  async openStream(path, signal) {
    return this.#withToken((token) => openStream(path, { token, signal }));
  }

  async #withToken(request) {
    const token = this.#token;
    try {
      return await request(token);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401 && token && token === this.#token) this.end();
      throw error;
    }
  }

  /** Signs in with a development token, which the server issues without a password. */
  async signInAs(handle) {
    const { data } = await send("POST", "/api/dev/session", { body: { handle } });
    this.#storeToken(data.token);
    await this.#loadUser();
  }

  /** Redirects to Cognito's hosted UI, which returns to `returnTo`. */
  async signInWithCognito(returnTo) {
    const cognito = await cognitoFor(this.config.sign_in);
    return cognito.startSignIn(this.config.sign_in, returnTo);
  }

  /** The server accepts the token no longer. The drafts are kept. */
  end() {
    if (!this.#token) return;
    this.hasEnded = true;
    this.dispatchEvent(new Event("ended"));
    this.#clear();
  }

  /** Deletes the token and what is kept for the user; where Cognito issued the token, ends Cognito's session too. */
  async signOut() {
    this.hasEnded = false;
    this.#clear();
    deleteAllDrafts();
    deleteSeenMessages();
    (await cognitoFor(this.config.sign_in))?.signOut(this.config.sign_in);
  }

  /** Replaces the user after a change of their profile. */
  updateUser(user) {
    this.user = user;
    this.#notify();
  }

  async #loadUser() {
    try {
      this.user = (await this.send("GET", "/api/profile")).data;
      this.#notify();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.end();
    }
  }

  #storeToken(token) {
    this.hasEnded = false;
    this.#token = token;
    localStorage.setItem(TOKEN_KEY, token);
  }

  /** Another tab may have stored a newer token. */
  #clear() {
    if (localStorage.getItem(TOKEN_KEY) === this.#token) localStorage.removeItem(TOKEN_KEY);
    this.#token = null;
    this.user = null;
    this.#notify();
  }

  #notify() {
    this.dispatchEvent(new Event("change"));
  }
}

/** The module for Cognito where the server uses it, else null. */
async function cognitoFor({ kind }) {
  return kind === "cognito" ? import("./cognito.js") : null;
}

export const session = new Session();
