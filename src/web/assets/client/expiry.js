// A crud's times: the ring that shows how much of its time to live is left, and its age.

import { clock, inWords, shortDuration, timeLeft } from "../shared/clock.js";
import { el, svg } from "../shared/dom.js";

/** Milliseconds; the ring is highlighted when less than this is left. */
const LAST_HOUR = 3_600_000;

/** The ring; calls `onExpired` once, when the time is over. */
export function expiryRing({ created_at: created, expires_at: expires }, onExpired) {
  const end = Date.parse(expires);
  const timeToLive = end - Date.parse(created);
  const arc = svg("circle", { cx: 10, cy: 10, r: 7, pathLength: 100, class: "remaining" });
  const shortText = el("span", { "aria-hidden": "true" });
  const longText = el("span", { class: "visually-hidden" });
  const ring = el("span", { class: "expiry", title: `Expires ${new Date(expires).toLocaleString()}` },
    svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" }, svg("circle", { cx: 10, cy: 10, r: 7 }), arc),
    shortText, longText);
  let wasShown = false;
  clock.onTick(() => {
    if (wasShown && !ring.isConnected) return false;
    wasShown ||= ring.isConnected;
    const remaining = end - clock.now();
    arc.setAttribute("stroke-dasharray", `${Math.max(0, (100 * remaining) / timeToLive).toFixed(1)} 100`);
    ring.classList.toggle("expiring", remaining < LAST_HOUR);
    const text = timeLeft(remaining);
    if (shortText.textContent !== text) {
      shortText.textContent = text;
      longText.textContent = `${inWords(text)} left`;
    }
    if (remaining > 0) return true;
    onExpired();
    return false;
  });
  return ring;
}

/** The time since `created`, kept current but not announced; a link where `href` is given. */
export function age(created, href) {
  const createdAt = Date.parse(created);
  const time = el("time", { datetime: created, title: new Date(created).toLocaleString(), "aria-live": "off" });
  let wasShown = false;
  clock.onTick(() => {
    if (wasShown && !time.isConnected) return false;
    wasShown ||= time.isConnected;
    const elapsed = clock.now() - createdAt;
    const text = elapsed < 60_000 ? "now" : `${shortDuration(elapsed)} ago`;
    if (time.textContent !== text) time.textContent = text;
    return true;
  });
  return href ? el("a", { class: "age", href }, time) : time;
}
