// How the console writes timestamps and durations.

import { shortDuration } from "../shared/clock.js";
import { el } from "../shared/dom.js";

/** An RFC 3339 timestamp in local time, to the second, so that it can be compared with a log. */
export function timestamp(text) {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  return el("time", { datetime: date.toISOString(), title: date.toISOString() },
    date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" }));
}

/** Seconds in their largest unit; a dash for null. */
export function duration(seconds) {
  return seconds === null || seconds === undefined ? "–" : shortDuration(seconds * 1_000);
}
