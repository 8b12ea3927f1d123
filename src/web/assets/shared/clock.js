// The server's clock, one timer for everything on the page that counts time, and durations as text.

/** Milliseconds; a smaller difference is within the resolution of a `Date` header. */
const TOLERANCE = 2_000;
/** Milliseconds. */
const TICK = 1_000;

class Clock {
  #offset = 0;
  #listeners = new Set();
  #isTicking = false;

  /** The server's time in milliseconds since 1970. */
  now() {
    return Date.now() + this.#offset;
  }

  /** Takes the server's time from a `Date` header, which has a resolution of one second. */
  synchronize(date) {
    const difference = Date.parse(date) - Date.now();
    if (!Number.isNaN(difference)) {
      this.#offset = Math.abs(difference) < TOLERANCE ? 0 : difference;
    }
  }

  /** Calls `listener` now and on every tick, until it returns false. */
  onTick(listener) {
    if (listener() === false) return;
    this.#listeners.add(listener);
    if (!this.#isTicking) this.#tick();
  }

  #tick() {
    this.#isTicking = true;
    setTimeout(() => {
      for (const listener of this.#listeners) {
        if (listener() === false) this.#listeners.delete(listener);
      }
      this.#isTicking = this.#listeners.size > 0;
      if (this.#isTicking) this.#tick();
    }, TICK);
  }
}

export const clock = new Clock();

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Milliseconds in their largest unit, rounded down: "6d", "3h", "12m", "45s". */
export function shortDuration(milliseconds) {
  if (milliseconds >= DAY) return `${Math.floor(milliseconds / DAY)}d`;
  if (milliseconds >= HOUR) return `${Math.floor(milliseconds / HOUR)}h`;
  if (milliseconds >= MINUTE) return `${Math.floor(milliseconds / MINUTE)}m`;
  return `${Math.max(0, Math.floor(milliseconds / 1_000))}s`;
}

/**
 * The time that is left, in its largest unit and rounded up: what has not ended never has "0s" left, and
 * 59 and a half minutes are "1h".
 */
export function timeLeft(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1_000));
  const minutes = Math.ceil(seconds / 60);
  const hours = Math.ceil(minutes / 60);
  if (seconds < 60) return `${seconds}s`;
  if (minutes < 60) return `${minutes}m`;
  if (hours < 24) return `${hours}h`;
  return `${Math.ceil(hours / 24)}d`;
}

/** A short duration for screen readers: "6 days" for "6d". */
export function inWords(text) {
  const unit = { d: "day", h: "hour", m: "minute", s: "second" }[text.at(-1)];
  const count = Number.parseInt(text, 10);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
