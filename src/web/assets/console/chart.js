// A small chart of the last minutes: a line, what it is now, and how high it went.

import { el, svg } from "../shared/dom.js";

const WIDTH = 240;
const HEIGHT = 56;
/** Readings on show. */
const LENGTH = 60;

/** A figure with `add(value)`; null is a gap. `write` makes a value readable. */
export function chart(title, write) {
  const now = el("output", { class: "now" }, "–");
  const peak = el("span", { class: "soft small" });
  const area = svg("path", { class: "area" });
  const line = svg("path", { class: "line" });
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": title }, area, line);
  const values = [];
  return {
    figure: el("figure", { class: "chart" }, el("figcaption", {}, title), el("p", {}, now, " ", peak), drawing),
    add(value) {
      values.push(value);
      if (values.length > LENGTH) values.shift();
      const highest = Math.max(0, ...values);
      now.textContent = value === null ? "–" : write(value);
      peak.textContent = `at most ${write(highest)}`;
      drawing.setAttribute("aria-label", `${title}: now ${now.textContent}, ${peak.textContent}`);
      const path = trace(values, highest || 1);
      line.setAttribute("d", path);
      area.setAttribute("d", path && `${path}V${HEIGHT}H${x(LENGTH - values.length)}Z`);
    },
  };
}

/** The newest value stands at the right edge; a gap is at the bottom. */
function trace(values, highest) {
  const start = LENGTH - values.length;
  return values.map((value, index) => {
    const y = HEIGHT - 2 - ((value ?? 0) / highest) * (HEIGHT - 6);
    return `${index === 0 ? "M" : "L"}${x(start + index)} ${y.toFixed(1)}`;
  }).join("");
}

function x(index) {
  return ((index * WIDTH) / (LENGTH - 1)).toFixed(1);
}
