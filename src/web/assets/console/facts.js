// A list of names and values, and how the console writes numbers and times.

import { brief } from "../shared/clock.js";
import { el } from "../shared/dom.js";

/** A description list. A fact without a value is left out. */
export function facts(pairs) {
  return el("dl", { class: "facts" },
    pairs.filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

/** A moment as an operator compares it with a log: date, time, seconds. */
export function moment(time) {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  return el("time", { datetime: at.toISOString(), title: at.toISOString() },
    at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" }));
}

/** Seconds as the one unit that matters; a dash for none. */
export function seconds(count) {
  return count === null || count === undefined ? "–" : brief(count * 1_000);
}
