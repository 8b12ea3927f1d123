// The number of the user's unread notices, which the navigation shows.

import { newIdempotencyKey } from "../shared/api.js";
import { keepCurrent } from "./keep_current.js";
import { live } from "./live/live.js";
import { session } from "./session.js";

/** Dispatches `change` when the number changes. */
class UnreadNotices extends EventTarget {
  /** 0 while no user is signed in; 1,000 also stands for more. */
  count = 0;
  #userUuid = null;
  #etag = null;
  #isMarking = false;
  /** Aborted when another user signs in. */
  #watch = new AbortController();
  /** Aborts the request whose response would change the number. */
  #abort = new AbortController();

  /** Checks now and whenever there may be new notices, and when another user signs in. */
  watch() {
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
    this.#watch.abort();
    this.#watch = new AbortController();
    this.#setCount(0);
    if (!userUuid) return;
    const { signal } = this.#watch;
    const check = keepCurrent(() => this.#check(), { topics: ["notifications"], signal });
    live.addEventListener("notification", check, { signal });
    check();
  }

  /** A conditional request: the server answers 304 without a body where the number is unchanged. */
  async #check() {
    if (this.#userUuid && !this.#isMarking) {
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
