// The live stream as the parts of a page use it: they follow topics, and listen to its events here. Each event of the
// stream is dispatched under its own type, with its data as `detail`. Two more are this module's own:
//
//   gap      events of the topics in `detail` may be missing before this moment: ask the server what has changed
//   change   other topics than before are covered

import { session } from "../session.js";

/** Milliseconds until a hidden tab follows nothing. A tab that is alone takes one of the browser's few connections. */
const HIDDEN_DELAY = 60_000;

class Live extends EventTarget {
  /** How many parts of the page follow each topic. */
  #followers = new Map();
  #open = [];
  /** Topics of which no event is missing since their last gap. */
  #complete = new Set();
  #isPaused = false;
  #pausing = null;
  #tabs = null;

  /** Connects for the session's user, and again when that changes. The first page does not wait for it. */
  async start() {
    const { Tabs } = await import("./tabs.js");
    this.#tabs = new Tabs({
      onOpen: (topics, complete) => this.#onOpen(topics, complete),
      onBlock: (block) => this.#onBlock(block),
    });
    let name = null;
    const join = () => {
      const next = `live ${session.user?.uuid ?? "without user"}`;
      if (next === name) return;
      name = next;
      this.#complete.clear();
      this.#tabs.join(name);
    };
    session.addEventListener("change", join);
    // The browser may keep the page and show it again when the user goes back.
    addEventListener("pagehide", () => {
      name = null;
      this.#tabs.leave();
    });
    addEventListener("pageshow", join);
    document.addEventListener("visibilitychange", () => this.#pauseWhileHidden());
    this.#pauseWhileHidden();
    join();
    this.#update();
  }

  /** Whether the stream tells what happens to all of the topics. */
  covers(topics) {
    return topics.every((topic) => this.#open.includes(topic));
  }

  /** Follows the topics until the signal is aborted. */
  follow(topics, signal) {
    if (signal.aborted) return;
    topics.forEach((topic) => this.#followers.set(topic, (this.#followers.get(topic) ?? 0) + 1));
    this.#update();
    signal.addEventListener("abort", () => {
      for (const topic of topics) {
        const others = this.#followers.get(topic) - 1;
        if (others > 0) this.#followers.set(topic, others);
        else this.#followers.delete(topic);
      }
      this.#update();
    });
  }

  get #wanted() {
    return this.#isPaused ? [] : [...this.#followers.keys()];
  }

  #update() {
    const wanted = this.#wanted;
    this.#complete.forEach((topic) => wanted.includes(topic) || this.#complete.delete(topic));
    this.#tabs?.setTopics(wanted);
    this.#closeGaps();
  }

  #onOpen(topics, complete) {
    this.#open = topics;
    if (topics.length > 0) this.#complete.forEach((topic) => complete.includes(topic) || this.#complete.delete(topic));
    this.dispatchEvent(new Event("change"));
    this.#closeGaps();
  }

  #closeGaps() {
    const gaps = this.#wanted.filter((topic) => this.#open.includes(topic) && !this.#complete.has(topic));
    gaps.forEach((topic) => this.#complete.add(topic));
    if (gaps.length > 0) this.#dispatch("gap", gaps);
  }

  #onBlock({ type, data }) {
    if (data === null || this.#isPaused) return;
    if (type === "resync") this.#dispatch("gap", this.#wanted);
    else this.#dispatch(type, data);
  }

  #dispatch(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #pauseWhileHidden() {
    clearTimeout(this.#pausing);
    if (!document.hidden) this.#pause(false);
    else this.#pausing = setTimeout(() => this.#pause(true), this.#tabs.areShared ? HIDDEN_DELAY : 0);
  }

  #pause(isPaused) {
    if (this.#isPaused === isPaused) return;
    this.#isPaused = isPaused;
    this.#update();
  }
}

export const live = new Live();
