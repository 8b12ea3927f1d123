// The operator: a token that is kept while the tab is open and nowhere else, and requests that
// carry it.

import { Refusal, send } from "../shared/api.js";

const KEY = "admin_token";

class Operator extends EventTarget {
  #token = sessionStorage.getItem(KEY);

  get isSignedIn() {
    return this.#token !== null;
  }

  /** Tries the token before it is kept. */
  async signIn(token) {
    await send("GET", "/admin/status", { token });
    this.#keep(token);
  }

  signOut() {
    this.#keep(null);
  }

  /** A request in the operator's name. A token that is no longer good ends the session. */
  async send(method, path, options = {}) {
    try {
      return await send(method, path, { ...options, token: this.#token });
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) this.signOut();
      throw error;
    }
  }

  /** The metrics, which are text. */
  async readMetrics(signal) {
    const answer = await fetch("/metrics", { headers: { Authorization: `Bearer ${this.#token}` }, signal });
    if (!answer.ok) throw new Refusal(answer.status, null, "The metrics cannot be read from here.");
    return answer.text();
  }

  #keep(token) {
    this.#token = token;
    if (token === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, token);
    this.dispatchEvent(new Event("change"));
  }
}

export const operator = new Operator();
