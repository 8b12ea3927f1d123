// The server's clock, one timer for every time that the page shows, and durations as text.

/** Milliseconds; a smaller difference is within the resolution of a `Date` header. */
const TOLERANCE = 2_000;
/** Milliseconds between two ticks at most: the clock of the server or of the system may be set, or the system sleep. */
const TICK = 1_000;
/** Milliseconds between two ticks at least; what changes within this time changes together. */
const MIN_TICK = 100;

class Clock {
  #offset = 0;
  /** One for each time that is shown: `{element, update, due}`. */
  #followers = new Set();
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

  /**
   * Calls `update(now)` at once, and again at the time that it returned last, until it returns null or the element is
   * not in the page. The caller inserts it before the next tick.
   */
  follow(element, update) {
    const due = update(this.now());
    if (due === null) return;
    this.#followers.add({ element, update, due });
    if (!this.#isTicking) this.#tick(TICK);
  }

  #tick(delay) {
    this.#isTicking = true;
    setTimeout(() => {
      const now = this.now();
      let next = now + TICK;
      for (const follower of this.#followers) {
        if (!this.#keepCurrent(follower, now)) this.#followers.delete(follower);
        else next = Math.min(next, follower.due);
      }
      this.#isTicking = this.#followers.size > 0;
      if (this.#isTicking) this.#tick(Math.max(next - now, MIN_TICK));
    }, delay);
  }

  /** False if the follower has no further update. */
  #keepCurrent(follower, now) {
    if (!follower.element.isConnected) return false;
    if (follower.due <= now) follower.due = follower.update(now);
    return follower.due !== null;
  }
}

export const clock = new Clock();

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The largest unit that is shorter than the duration, or a second. */
export function largestUnit(milliseconds) {
  return [DAY, HOUR, MINUTE].find((unit) => milliseconds > unit) ?? 1_000;
}

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
