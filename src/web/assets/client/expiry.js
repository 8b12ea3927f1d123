// A crud's times: the ring that shows how much of its time to live is left, and its age.

import { clock, inWords, largestUnit, shortDuration, timeLeft } from "../shared/clock.js";
import { el, svg } from "../shared/dom.js";

/** Milliseconds; the ring is highlighted when less than this is left. */
const LAST_HOUR = 3_600_000;
/** The ring changes in as many steps. */
const STEPS = 200;
/** Making one format takes longer than making a crud's other elements. */
const FORMAT = new Intl.DateTimeFormat(undefined, { dateStyle: "short", timeStyle: "medium" });

/** The ring; calls `onExpired` once, when the time is over. */
export function expiryRing({ created_at: created, expires_at: expires }, onExpired) {
  const end = Date.parse(expires);
  const timeToLive = end - Date.parse(created);
  const step = timeToLive / STEPS;
  const arc = svg("circle", { cx: 10, cy: 10, r: 7, pathLength: 100, class: "remaining" });
  const shortText = el("span", { "aria-hidden": "true" });
  const longText = el("span", { class: "visually-hidden" });
  const ring = el("span", { class: "expiry", title: `Expires ${FORMAT.format(end)}` },
    svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" }, svg("circle", { cx: 10, cy: 10, r: 7 }), arc),
    shortText, longText);
  clock.follow(ring, (now) => {
    const remaining = end - now;
    arc.setAttribute("stroke-dasharray", `${Math.max(0, (100 * remaining) / timeToLive).toFixed(1)} 100`);
    ring.classList.toggle("expiring", remaining < LAST_HOUR);
    setText(shortText, timeLeft(remaining), (text) => { longText.textContent = `${inWords(text)} left`; });
    if (remaining <= 0) {
      // A crud that had expired before it is in the page leaves it at the next tick.
      if (!ring.isConnected) return now;
      onExpired();
      return null;
    }
    return now + Math.min(untilBoundary(remaining, largestUnit(remaining)), untilBoundary(remaining, step));
  });
  return ring;
}

/** The time since `created`, kept current but not announced; a link where `href` is given. */
export function age(created, href) {
  const createdAt = Date.parse(created);
  const time = el("time", { datetime: created, title: FORMAT.format(createdAt), "aria-live": "off" });
  clock.follow(time, (now) => {
    const elapsed = now - createdAt;
    setText(time, elapsed < 60_000 ? "now" : `${shortDuration(elapsed)} ago`);
    const unit = Math.max(largestUnit(elapsed + 1), 60_000);
    return createdAt + (Math.floor(elapsed / unit) + 1) * unit;
  });
  return href ? el("a", { class: "age", href }, time) : time;
}

/** Milliseconds until `remaining` is a whole multiple of `unit`, and less than now. */
function untilBoundary(remaining, unit) {
  return remaining % unit || unit;
}

/** Changes the text of the element where it differs. */
function setText(element, text, onChange = () => {}) {
  if (element.textContent === text) return;
  element.textContent = text;
  onChange(text);
}
