// A line chart of the last readings of one metric, with the current and the maximum value.

import { el, svg } from "../shared/dom.js";

/** Units of the SVG's view box. */
const WIDTH = 240;
const HEIGHT = 56;
const MAX_READINGS = 60;

/**
 * A chart: `add(value)` appends a reading, `null` where there is none. `format` turns a value into
 * text.
 */
export function chart(title, format) {
  const current = el("output", { class: "current" }, "–");
  const maximum = el("span", { class: "muted small" });
  const area = svg("path", { class: "area" });
  const line = svg("path", { class: "line" });
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": title }, area, line);
  const values = [];
  return {
    element: el("figure", { class: "chart" }, el("figcaption", {}, title), el("p", {}, current, " ", maximum), drawing),
    add(value) {
      values.push(value);
      if (values.length > MAX_READINGS) values.shift();
      const highest = Math.max(0, ...values);
      current.textContent = value === null ? "–" : format(value);
      maximum.textContent = `max ${format(highest)}`;
      drawing.setAttribute("aria-label", `${title}: now ${current.textContent}, ${maximum.textContent}`);
      const path = linePath(values, highest || 1);
      line.setAttribute("d", path);
      area.setAttribute("d", path && `${path}V${HEIGHT}H${x(MAX_READINGS - values.length)}Z`);
    },
  };
}

/** The newest value is at the right edge; a missing one is drawn as zero. */
function linePath(values, highest) {
  const start = MAX_READINGS - values.length;
  return values.map((value, index) => {
    const y = HEIGHT - 2 - ((value ?? 0) / highest) * (HEIGHT - 6);
    return `${index === 0 ? "M" : "L"}${x(start + index)} ${y.toFixed(1)}`;
  }).join("");
}

function x(index) {
  return ((index * WIDTH) / (MAX_READINGS - 1)).toFixed(1);
}
