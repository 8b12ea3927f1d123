// The number of the user's unread notices, which the navigation shows.

import { newIdempotencyKey } from "../shared/api.js";
import { connection } from "../shared/connection.js";
import { session } from "./session.js";

/** Milliseconds between two checks. */
const POLL_INTERVAL = 15_000;

/** Dispatches `change` when the number changes. */
class UnreadNotices extends EventTarget {
  /** 0 while no user is signed in; 1,000 also stands for more. */
  count = 0;
  #userUuid = null;
  #etag = null;
  #isMarking = false;
  /** Aborts the request whose response would change the number. */
  #abort = new AbortController();

  /** Checks now, regularly while the page is visible, and when another user signs in. */
  watch() {
    const check = () => document.hidden || this.#check();
    setInterval(check, POLL_INTERVAL);
    document.addEventListener("visibilitychange", check);
    connection.addEventListener("restored", check);
    session.addEventListener("change", () => this.#changeUser());
    this.#changeUser();
  }

  /**
   * Marks the first of these notices as read, and with it all earlier ones. Where it is gone, with its
   * activity for example, the next one is marked.
   */
  async markRead(uuids) {
    this.#isMarking = true;
    for (const uuid of uuids) {
      const options = { body: { up_to: uuid }, idempotencyKey: newIdempotencyKey() };
      const error = await this.#request("POST", "/api/notifications/read", options);
      if (error?.status !== 404) break;
    }
    this.#isMarking = false;
  }

  #changeUser() {
    const userUuid = session.user?.uuid ?? null;
    if (userUuid === this.#userUuid) return;
    this.#userUuid = userUuid;
    this.#etag = null;
    this.#abort.abort();
    this.#setCount(0);
    this.#check();
  }

  /** A conditional request: the server answers 304 without a body where the number is unchanged. */
  async #check() {
    if (this.#userUuid && !this.#isMarking && !connection.isLost) {
      await this.#request("GET", "/api/notifications/unread", { etag: this.#etag });
    }
  }

  /** Takes the number from the response. Returns an error: the next check tries again. */
  async #request(method, path, options) {
    this.#abort.abort();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    try {
      const { data, etag } = await session.send(method, path, { ...options, signal });
      if (signal.aborted) return null;
      this.#etag = method === "GET" ? etag : null;
      if (data) this.#setCount(data.count);
      return null;
    } catch (error) {
      return error;
    }
  }

  #setCount(count) {
    if (count === this.count) return;
    this.count = count;
    this.dispatchEvent(new Event("change"));
  }
}

export const unreadNotices = new UnreadNotices();
