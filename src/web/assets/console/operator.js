// The operator's sign-in: the admin token, kept in session storage until the tab is closed, and
// requests with it.

import { ApiError, send } from "../shared/api.js";

/** Key in session storage. */
const TOKEN_KEY = "admin_token";

/** Dispatches `change` on sign-in and sign-out. */
class Operator extends EventTarget {
  #token = sessionStorage.getItem(TOKEN_KEY);

  get isSignedIn() {
    return this.#token !== null;
  }

  /** Checks the token with the server, then stores it. */
  async signIn(token) {
    await send("GET", "/admin/status", { token });
    this.#storeToken(token);
  }

  signOut() {
    this.#storeToken(null);
  }

  /** Sends a request with the admin token. A 401 signs the operator out. */
  async send(method, path, options = {}) {
    try {
      return await send(method, path, { ...options, token: this.#token });
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.signOut();
      throw error;
    }
  }

  /** The text of /metrics. */
  async loadMetrics(signal) {
    const response = await fetch("/metrics", { headers: { Authorization: `Bearer ${this.#token}` }, signal });
    if (!response.ok) throw new ApiError(response.status, null, `The server refused GET /metrics (${response.status}).`);
    return response.text();
  }

  #storeToken(token) {
    this.#token = token;
    if (token === null) sessionStorage.removeItem(TOKEN_KEY);
    else sessionStorage.setItem(TOKEN_KEY, token);
    this.dispatchEvent(new Event("change"));
  }
}

export const operator = new Operator();
