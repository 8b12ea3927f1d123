// A line chart of one figure over the last hour, with the current and the maximum value.

import { el, svg } from "../shared/dom.js";

/** Units of the SVG's view box. */
const WIDTH = 240;
const HEIGHT = 56;
/** The time that the chart shows, in milliseconds. */
const PERIOD = 3_600_000;

/**
 * A chart: `show(readings, end)` draws the `[time, value]` of the hour before `end`, the oldest first; a value is `null`
 * where there is none. `format` turns a value into text.
 */
export function chart(title, format) {
  const current = el("output", { class: "current" }, "–");
  const maximum = el("span", { class: "muted small" });
  const area = svg("path", { class: "area" });
  const line = svg("path", { class: "line" });
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": title }, area, line);
  const axis = el("p", { class: "axis muted small", "aria-hidden": "true" }, el("span", {}, "1 h ago"), el("span", {}, "now"));
  return {
    element: el("figure", { class: "chart" }, el("figcaption", {}, title), el("p", {}, current, " ", maximum), drawing, axis),
    show(readings, end) {
      const value = readings.at(-1)?.[1] ?? null;
      const highest = Math.max(0, ...readings.map(([, reading]) => reading ?? 0));
      current.textContent = value === null ? "–" : format(value);
      maximum.textContent = `max ${format(highest)}`;
      drawing.setAttribute("aria-label", `${title}: now ${current.textContent}, ${maximum.textContent}`);
      const runs = withoutGaps(readings).map((run) => run.map(([time, reading]) => [x(time, end), y(reading, highest || 1)]));
      line.setAttribute("d", runs.map(linePath).join(""));
      area.setAttribute("d", runs.map(areaPath).join(""));
    },
  };
}

/** The runs of readings that have a value. */
function withoutGaps(readings) {
  const runs = [[]];
  for (const reading of readings) {
    if (reading[1] === null) runs.push([]);
    else runs.at(-1).push(reading);
  }
  return runs.filter((run) => run.length > 0);
}

/** A run of a single reading is drawn as a short line. */
function linePath(run) {
  const [[start, height]] = run;
  return `M${start} ${height}${run.length === 1 ? "h1" : run.slice(1).map(([along, up]) => `L${along} ${up}`).join("")}`;
}

function areaPath(run) {
  return `${linePath(run)}V${HEIGHT}H${run[0][0]}Z`;
}

function x(time, end) {
  return (WIDTH * (1 - (end - time) / PERIOD)).toFixed(1);
}

function y(value, highest) {
  return (HEIGHT - 2 - (value / highest) * (HEIGHT - 6)).toFixed(1);
}
