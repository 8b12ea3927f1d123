// The operator's sign-in: the admin token, kept in session storage until the tab is closed, and
// requests with it.

import { ApiError, readError, send, Unreachable } from "../shared/api.js";

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

  /** Receives a file; `onProgress` gets the bytes so far. A response that is cut rejects. */
  async download(path, { onProgress, signal }) {
    const headers = { Authorization: `Bearer ${this.#token}`, Accept: "application/octet-stream, application/json" };
    const response = await fetch(path, { method: "POST", headers, signal });
    if (!response.ok) throw await readError(response);
    const chunks = [];
    let bytes = 0;
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      chunks.push(part.value);
      bytes += part.value.length;
      onProgress(bytes);
    }
    const name = response.headers.get("Content-Disposition")?.match(/filename="([^"]+)"/)?.[1] ?? "cruddur.dump";
    return { name, file: new Blob(chunks) };
  }

  /**
   * Sends a file and reads the response's lines of JSON. `onSent` gets the share of the file that was sent, from 0 to 1,
   * `onLine` each line. XMLHttpRequest, because `fetch` does not tell how much was sent.
   */
  upload(path, file, { onSent, onLine }) {
    const request = new XMLHttpRequest();
    let read = 0;
    const readLines = () => {
      const text = request.responseText;
      for (let end = text.indexOf("\n", read); end >= 0; end = text.indexOf("\n", read)) {
        onLine(JSON.parse(text.slice(read, end)));
        read = end + 1;
      }
    };
    return new Promise((resolve, reject) => {
      request.open("POST", path);
      request.setRequestHeader("Authorization", `Bearer ${this.#token}`);
      request.setRequestHeader("Accept", "application/x-ndjson, application/json");
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.addEventListener("progress", ({ loaded, total }) => onSent(total > 0 ? loaded / total : 0));
      request.addEventListener("progress", () => request.status === 200 && readLines());
      request.addEventListener("error", () => reject(new Unreachable()));
      request.addEventListener("load", async () => {
        if (request.status !== 200) return reject(await readError(new Response(request.responseText, { status: request.status })));
        readLines();
        return resolve();
      });
      request.send(file);
    });
  }

  #storeToken(token) {
    this.#token = token;
    if (token === null) sessionStorage.removeItem(TOKEN_KEY);
    else sessionStorage.setItem(TOKEN_KEY, token);
    this.dispatchEvent(new Event("change"));
  }
}

export const operator = new Operator();
