// How the console writes timestamps, durations and amounts.

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

/** Seconds as milliseconds, with one decimal below a hundred. */
export function milliseconds(seconds) {
  const digits = seconds < 0.1 ? 1 : 0;
  return `${(seconds * 1_000).toLocaleString(undefined, { maximumFractionDigits: digits })} ms`;
}

/** An amount of bytes in its largest unit. */
export function bytes(count) {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const unit = Math.min(Math.floor(Math.log2(Math.max(count, 1)) / 10), units.length - 1);
  return `${(count / 1_024 ** unit).toLocaleString(undefined, { maximumFractionDigits: unit === 0 ? 0 : 1 })} ${units[unit]}`;
}
