// The tabs of one browser with the same user. One of them leads: it holds the connection to the live stream and tells
// the others what comes. Where the browser has no Web Locks, which need TLS or localhost, each tab is alone.

import { LiveConnection } from "./connection.js";

const CAN_SHARE = "locks" in navigator && "BroadcastChannel" in globalThis;

/**
 * The part of this tab. The listener has `onOpen(topics, completeTopics)` and `onBlock(block)` as that of a connection,
 * whichever tab holds it. The messages between tabs have a `kind`:
 *
 *   topics   the topics that a tab needs
 *   leads    a tab has begun to lead; every tab names its topics again
 *   yield    a tab that is visible asks a hidden leader, whose timers the browser slows down, to step down
 *   open     the topics of the stream
 *   block    what the stream has brought
 */
export class Tabs {
  #listener;
  #id = String(Math.random());
  #name;
  #topics = [];
  #channel = null;
  /** Aborted when this tab leaves the others. */
  #left = new AbortController();
  /** Whether the others know that this tab is alive. */
  #isKnown = false;
  /** While this tab leads. */
  #connection = null;
  #term = new AbortController();
  /** As the last leader has told. */
  #position = null;
  #open = [];

  constructor(listener) {
    this.#listener = listener;
  }

  get areShared() {
    return CAN_SHARE;
  }

  /** Joins the tabs with this name, and leaves those of another one. */
  join(name) {
    this.leave();
    this.#left = new AbortController();
    const { signal } = this.#left;
    this.#name = name;
    if (!CAN_SHARE) {
      this.#isKnown = true;
      this.#lead(signal);
      return;
    }
    this.#channel = new BroadcastChannel(name);
    this.#channel.addEventListener("message", ({ data }) => this.#take(data), { signal });
    const channel = this.#channel;
    signal.addEventListener("abort", () => channel.close());
    holdLock(lockOf(name, this.#id), signal, () => {
      this.#isKnown = true;
      this.#sendTopics();
    });
    this.#stand(signal);
    document.addEventListener("visibilitychange", () => document.hidden || this.#send({ kind: "yield" }), { signal });
  }

  /** Gives the stream, where this tab leads, to another tab, and takes nothing more from it. */
  leave() {
    this.#left.abort();
    this.#position = null;
    this.#isKnown = false;
    this.#take({ kind: "open", topics: [], complete: [] });
  }

  /** Replaces the topics that this tab needs. */
  setTopics(topics) {
    this.#topics = topics;
    this.#sendTopics();
  }

  /** Leads whenever no other tab does. */
  async #stand(signal) {
    while (!signal.aborted) {
      await holdLock(this.#name, signal, () => this.#lead(signal));
    }
  }

  /** Returns the signal that is aborted when this tab leads no longer. */
  #lead(signal) {
    this.#term = new AbortController();
    const term = AbortSignal.any([signal, this.#term.signal]);
    this.#connection = new LiveConnection(this.#position, this.#open, {
      onOpen: (topics, complete) => this.#send({ kind: "open", topics, complete }),
      onBlock: (block) => this.#send({ kind: "block", block }),
    });
    term.addEventListener("abort", () => {
      this.#connection.close();
      this.#connection = null;
    });
    this.#send({ kind: "leads", isHidden: document.hidden });
    return term;
  }

  #sendTopics() {
    if (this.#isKnown) this.#send({ kind: "topics", tab: this.#id, topics: this.#topics });
  }

  /** Sends to all tabs, this one included. */
  #send(message) {
    if (CAN_SHARE) this.#channel.postMessage(message);
    this.#take(message, { isOwn: true });
  }

  #take(message, { isOwn = false } = {}) {
    switch (message.kind) {
      case "topics":
        if (this.#connection) this.#serve(message);
        break;
      case "leads":
        this.#sendTopics();
        if (message.isHidden && !document.hidden) this.#send({ kind: "yield" });
        break;
      case "yield":
        if (!isOwn && document.hidden) this.#term.abort();
        break;
      case "open":
        this.#open = message.topics;
        this.#listener.onOpen(message.topics, message.complete);
        break;
      case "block":
        this.#position = message.block.id ?? this.#position;
        this.#listener.onBlock(message.block);
        break;
    }
  }

  /** As the leader. The lock of a tab is free when that is closed. */
  #serve({ tab, topics }) {
    const connection = this.#connection;
    if (CAN_SHARE && tab !== this.#id && !connection.serves(tab)) {
      const term = AbortSignal.any([this.#left.signal, this.#term.signal]);
      navigator.locks.request(lockOf(this.#name, tab), { signal: term }, () => connection.setTopics(tab, null)).catch(() => {});
    }
    connection.setTopics(tab, topics);
    // A new tab does not know them yet.
    if (this.#open.length > 0) this.#send({ kind: "open", topics: this.#open, complete: this.#open });
  }
}

/** Holds the lock until the signal that `whenHeld` returns, or else `signal`, is aborted. */
async function holdLock(name, signal, whenHeld) {
  try {
    await navigator.locks.request(name, { signal }, () => aborted(whenHeld() ?? signal));
  } catch (error) {
    // Left before it was granted.
    if (error.name !== "AbortError") throw error;
  }
}

function aborted(signal) {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", resolve);
  });
}

function lockOf(name, tab) {
  return `${name} ${tab}`;
}
