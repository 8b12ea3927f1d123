// The number of conversations with messages that the user has not seen, which the navigation shows.

import { keepCurrent } from "./keep_current.js";
import { live } from "./live/live.js";
import { beginSeen, isSeen, markSeen, onSeenElsewhere } from "./seen_messages.js";
import { session } from "./session.js";

const GROUPS = "/api/message_groups?limit=20";

/** Dispatches `change` when the number changes. */
class UnreadMessages extends EventTarget {
  /** 0 while no user is signed in, 20 at most. */
  count = 0;
  #userUuid = null;
  #etag = null;
  /** The conversations as last loaded: `{party, uuid, created_at}`. */
  #conversations = [];
  #abort = new AbortController();

  /** Checks now and whenever there may be new messages, and when another user signs in. */
  watch() {
    session.addEventListener("change", () => this.#changeUser());
    onSeenElsewhere(() => this.#count());
    this.#changeUser();
  }

  /** The user has seen the conversation up to a message of this time. */
  markSeen(party, createdAt) {
    if (!this.#userUuid) return;
    markSeen(this.#userUuid, party.toLowerCase(), createdAt);
    this.#count();
  }

  #changeUser() {
    const userUuid = session.user?.uuid ?? null;
    if (userUuid === this.#userUuid) return;
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#userUuid = userUuid;
    this.#etag = null;
    this.#conversations = [];
    this.#count();
    if (!userUuid) return;
    const { signal } = this.#abort;
    const check = keepCurrent(() => this.#load(signal), { topics: ["messages"], signal });
    live.addEventListener("message", check, { signal });
    check();
  }

  /** A conditional request: the server answers 304 without a body where nothing has changed. */
  async #load(signal) {
    const user = this.#userUuid;
    const { data, etag } = await session.send("GET", GROUPS, { etag: this.#etag, signal });
    if (signal.aborted || !data) return;
    beginSeen(user, data[0]?.created_at ?? "");
    const conversations = data.map((group) => ({ ...group, party: partyOf(group).toLowerCase() }));
    for (const { party, uuid, created_at } of conversations) {
      if (isSeen(user, party, created_at) || this.#isKnown(uuid, created_at)) continue;
      if (await isOwn(uuid, signal)) markSeen(user, party, created_at);
    }
    this.#etag = etag;
    this.#conversations = conversations;
    this.#count();
  }

  /** Whether the last check has found the same latest message, by another user. */
  #isKnown(uuid, createdAt) {
    return this.#conversations.some((known) => known.uuid === uuid && known.created_at === createdAt);
  }

  #count() {
    const count = this.#conversations.filter(({ party, created_at }) => !isSeen(this.#userUuid, party, created_at)).length;
    if (count === this.count) return;
    this.count = count;
    this.dispatchEvent(new Event("change"));
  }
}

/** Whether the user wrote the latest message, perhaps in another browser. */
async function isOwn(uuid, signal) {
  const { data } = await session.send("GET", `/api/messages/${uuid}?limit=1`, { signal });
  return data.at(-1)?.handle === session.user?.handle;
}

/** How the path of a conversation names the other user: by handle, or, where that user has deleted the account, by its id. */
export function partyOf({ uuid, handle }) {
  return handle ? `@${handle}` : uuid;
}

export const unreadMessages = new UnreadMessages();
