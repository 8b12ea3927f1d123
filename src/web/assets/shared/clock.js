// The server's time, by which posts expire, and the one tick that everything on a page that counts
// shares.

const TOLERANCE = 2_000;
const TICK = 1_000;

class Clock {
  #offset = 0;
  #watchers = new Set();
  #isTicking = false;

  /** Milliseconds since 1970, as the server counts them. */
  now() {
    return Date.now() + this.#offset;
  }

  /** A `Date` header has whole seconds: only a clock that is really off is corrected. */
  learn(date) {
    const difference = Date.parse(date) - Date.now();
    if (!Number.isNaN(difference)) {
      this.#offset = Math.abs(difference) < TOLERANCE ? 0 : difference;
    }
  }

  /** Calls `watcher` now and with every tick, until it answers false. */
  watch(watcher) {
    if (watcher() === false) return;
    this.#watchers.add(watcher);
    if (!this.#isTicking) this.#tick();
  }

  #tick() {
    this.#isTicking = true;
    setTimeout(() => {
      for (const watcher of this.#watchers) {
        if (watcher() === false) this.#watchers.delete(watcher);
      }
      this.#isTicking = this.#watchers.size > 0;
      if (this.#isTicking) this.#tick();
    }, TICK);
  }
}

export const clock = new Clock();

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time in the one unit that matters: "6d", "3h", "12m", "45s". */
export function brief(milliseconds) {
  if (milliseconds >= DAY) return `${Math.floor(milliseconds / DAY)}d`;
  if (milliseconds >= HOUR) return `${Math.floor(milliseconds / HOUR)}h`;
  if (milliseconds >= MINUTE) return `${Math.floor(milliseconds / MINUTE)}m`;
  return `${Math.max(0, Math.floor(milliseconds / 1_000))}s`;
}

/** The same in words, for whoever listens: "6 days", "1 hour". */
export function spoken(milliseconds) {
  const text = brief(milliseconds);
  const unit = { d: "day", h: "hour", m: "minute", s: "second" }[text.at(-1)];
  const count = Number.parseInt(text, 10);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
