// The connection of a browser to the live stream, for the topics of all its tabs: opens it, goes on where it ended, and
// waits before it tries again.

import { ApiError } from "../../shared/api.js";
import { connection as server } from "../../shared/connection.js";
import { session } from "../session.js";
import { readEvents } from "./event_stream.js";

/** The server's limit for one stream. */
const MAX_TOPICS = 20;
/** Milliseconds in which several tabs and parts of a page name their topics together. */
const GATHERING_TIME = 20;
/** Milliseconds until the first block, which the server sends at once: a proxy that holds it back holds back all others. */
const FIRST_BLOCK_TIMEOUT = 10_000;
/** Milliseconds without a block; the server sends one every 15 s. */
const SILENCE_TIMEOUT = 40_000;
/** Milliseconds before an attempt after a failure; each further failure doubles it. */
const FIRST_DELAY = 1_000;
const MAX_DELAY = 60_000;
/** Milliseconds before the next attempt where the server has no stream or a proxy holds it back. */
const UNSUPPORTED_DELAY = 300_000;

export class LiveConnection {
  #topicsOfTabs = new Map();
  /** The id of the last block, after which the next stream begins. */
  #position;
  /** The topics of which no event before the position is missing. */
  #complete;
  /** The topics of the open stream; empty while there is none. */
  #open = [];
  #knowsAllUsers = true;
  #failures = 0;
  #retryDelay = FIRST_DELAY;
  #timer = null;
  #stream = new AbortController();
  #closed = new AbortController();
  #listener;

  /**
   * Goes on at `position`, up to which another tab has told the events of `topics`. The listener has `onOpen(topics,
   * completeTopics)`, called when a stream opens or ends (without topics): of the complete ones no event is missing; and
   * `onBlock({id, type, data})`.
   */
  constructor(position, topics, listener) {
    this.#position = position;
    this.#complete = topics;
    this.#listener = listener;
    server.addEventListener("restored", () => this.#isOpen || this.#connectIn(0), { signal: this.#closed.signal });
  }

  /** Replaces the topics of a tab; null forgets the tab. */
  setTopics(tab, topics) {
    if (topics) this.#topicsOfTabs.set(tab, topics);
    else this.#topicsOfTabs.delete(tab);
    this.#update();
  }

  serves(tab) {
    return this.#topicsOfTabs.has(tab);
  }

  close() {
    this.#closed.abort();
    this.#stream.abort();
    clearTimeout(this.#timer);
  }

  get #isOpen() {
    return this.#open.length > 0;
  }

  /** A stream with a topic too many is left as it is until it lacks one; a waiting attempt takes the topics of its time. */
  #update() {
    const wanted = this.#wanted();
    if (wanted.length > 0 && wanted.every((topic) => this.#open.includes(topic))) return;
    if (this.#isOpen || this.#timer === null) this.#connectIn(GATHERING_TIME);
  }

  #wanted() {
    const topics = new Set([...this.#topicsOfTabs.values()].flat());
    return [...topics].filter((topic) => this.#knowsAllUsers || !topic.startsWith("@")).sort(privateFirst).slice(0, MAX_TOPICS);
  }

  #connectIn(delay) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), delay);
  }

  /** A stream takes the place of the one before, from the same position. */
  async #connect() {
    this.#timer = null;
    this.#stream.abort();
    const topics = this.#wanted();
    if (topics.length === 0) return this.#announce([]);
    this.#stream = new AbortController();
    const { signal } = this.#stream;
    let delay;
    try {
      await this.#read(topics, this.#stream);
      delay = this.#retryDelay;
    } catch (error) {
      delay = this.#delayAfter(signal.reason instanceof Silence ? signal.reason : error);
    }
    if (signal.aborted && !(signal.reason instanceof Silence)) return;
    this.#announce([]);
    this.#connectIn(delay);
  }

  /** Reads a stream until it ends. */
  async #read(topics, stream) {
    const silence = new Watch((reason) => stream.abort(reason));
    silence.expect(FIRST_BLOCK_TIMEOUT, new Silence(UNSUPPORTED_DELAY));
    try {
      const query = new URLSearchParams({ topics: topics.join(","), ...(this.#position && { after: this.#position }) });
      const response = await session.openStream(`/api/live?${query}`, stream.signal);
      let isAnnounced = false;
      await readEvents(response.body, (block) => {
        if (stream.signal.aborted) return;
        silence.expect(SILENCE_TIMEOUT, new Silence(FIRST_DELAY));
        this.#take(block);
        if (!isAnnounced) this.#announce(topics);
        isAnnounced = true;
      });
    } finally {
      silence.end();
    }
  }

  #take({ id, type, data, retry }) {
    this.#failures = 0;
    if (retry) this.#retryDelay = retry;
    if (id) this.#position = id;
    // Other tabs may have tokens of their own.
    if (type === "unauthorized") session.end();
    else this.#listener.onBlock({ id, type, data });
  }

  #announce(topics) {
    this.#open = topics;
    const complete = topics.filter((topic) => this.#complete.includes(topic));
    if (topics.length > 0) this.#complete = topics;
    this.#listener.onOpen(topics, complete);
  }

  /** Milliseconds, with a random part, so that the clients of a server that was away do not come back together. */
  #delayAfter(error) {
    this.#failures += 1;
    if (error instanceof Silence) return jitter(error.delay);
    if (error instanceof ApiError) return jitter(this.#delayAfterRefusal(error));
    return jitter(Math.min(FIRST_DELAY * 2 ** (this.#failures - 1), MAX_DELAY));
  }

  #delayAfterRefusal({ status, code, retryAfter }) {
    if (code === "user_not_found" && this.#knowsAllUsers) {
      this.#knowsAllUsers = false;
      return 0;
    }
    if (code === "malformed_cursor") this.#position = null;
    if (status === 404 || status === 405) return UNSUPPORTED_DELAY;
    return Math.max(retryAfter * 1_000, Math.min(FIRST_DELAY * 2 ** (this.#failures - 1), MAX_DELAY));
  }
}

/** The server or a proxy sends nothing; the next attempt follows after `delay` milliseconds. */
class Silence extends Error {
  constructor(delay) {
    super("The stream is silent.");
    this.delay = delay;
  }
}

/** Calls `onSilence` with a reason unless something else is expected before the time is over. */
class Watch {
  #timer = null;

  constructor(onSilence) {
    this.onSilence = onSilence;
  }

  expect(milliseconds, reason) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.onSilence(reason), milliseconds);
  }

  end() {
    clearTimeout(this.#timer);
  }
}

function jitter(delay) {
  return delay * (0.5 + Math.random() / 2);
}

/** The topics of the user come first: every tab has them. */
function privateFirst(one, other) {
  const isPublic = (topic) => Number(topic !== "notifications" && topic !== "messages");
  return isPublic(one) - isPublic(other);
}
