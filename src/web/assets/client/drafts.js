// Unsent texts, in the tab's session storage: they survive a reload and the redirects of a sign-in, and
// signing out deletes them.

/** The beginning of every key in session storage. */
const PREFIX = "draft:";

/** The unsent text of one user for one target, such as a conversation. */
export class Draft {
  #key;

  constructor(userUuid, target) {
    this.#key = `${PREFIX}${userUuid}:${target}`;
  }

  /** `{body, idempotencyKey}` as stored last; null where there is none. */
  load() {
    return JSON.parse(sessionStorage.getItem(this.#key));
  }

  /** Stores what would be sent, and the key to send it with. A blank message is not kept. */
  store(body, idempotencyKey) {
    if (body.message === "") return this.delete();
    try {
      sessionStorage.setItem(this.#key, JSON.stringify({ body, idempotencyKey }));
    } catch {
      // The storage is full. The text is still in its field.
    }
  }

  /** Deletes what was sent with this key; a text that the user has changed since then is kept. */
  deleteSent(idempotencyKey) {
    if (this.load()?.idempotencyKey === idempotencyKey) this.delete();
  }

  delete() {
    sessionStorage.removeItem(this.#key);
  }
}

/** Deletes the drafts of every user. */
export function deleteAllDrafts() {
  Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX)).forEach((key) => sessionStorage.removeItem(key));
}
