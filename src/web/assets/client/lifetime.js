// The time that a post has left: a ring that empties, and the same in letters.

import { brief, clock, spoken } from "../shared/clock.js";
import { el, svg } from "../shared/dom.js";

/** From here on the ring glows. */
const LAST_HOUR = 3_600_000;

/** The ring; `ended` is called once when the time is over. */
export function lifetime({ created_at: created, expires_at: expires }, ended) {
  const end = Date.parse(expires);
  const whole = end - Date.parse(created);
  const left = svg("circle", { cx: 10, cy: 10, r: 7, pathLength: 100, class: "left" });
  const letters = el("span", { "aria-hidden": "true" });
  const words = el("span", { class: "unseen" });
  const ring = el("span", { class: "lifetime", title: `Until ${new Date(expires).toLocaleString()}` },
    svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" }, svg("circle", { cx: 10, cy: 10, r: 7 }), left),
    letters, words);
  let wasShown = false;
  clock.watch(() => {
    if (wasShown && !ring.isConnected) return false;
    wasShown ||= ring.isConnected;
    const rest = end - clock.now();
    left.setAttribute("stroke-dasharray", `${Math.max(0, (100 * rest) / whole).toFixed(1)} 100`);
    ring.classList.toggle("ending", rest < LAST_HOUR);
    if (letters.textContent !== brief(rest)) {
      letters.textContent = brief(rest);
      words.textContent = `${spoken(rest)} left`;
    }
    if (rest > 0) return true;
    ended();
    return false;
  });
  return ring;
}

/** How long ago something was said, kept true. */
export function age(created, address) {
  const at = Date.parse(created);
  const time = el("time", { datetime: created, title: new Date(created).toLocaleString() });
  let wasShown = false;
  clock.watch(() => {
    if (wasShown && !time.isConnected) return false;
    wasShown ||= time.isConnected;
    const past = clock.now() - at;
    const text = past < 60_000 ? "now" : `${brief(past)} ago`;
    if (time.textContent !== text) time.textContent = text;
    return true;
  });
  return address ? el("a", { class: "age", href: address }, time) : time;
}
