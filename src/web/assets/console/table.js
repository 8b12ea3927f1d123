// A table that scrolls sideways where it is wider than the screen, and badges for its cells.

import { el } from "../shared/dom.js";

/**
 * `columns` are `{name, cell, kind}`: `cell` returns a row's node or text, `kind` is a CSS class.
 * `rowAttributes` returns the HTML attributes of a row.
 */
export function table(caption, columns, rows, rowAttributes = () => ({})) {
  return el("div", { class: "scroll", role: "region", "aria-label": caption, tabindex: 0 },
    el("table", {},
      el("caption", { class: "visually-hidden" }, caption),
      el("thead", {}, el("tr", {}, columns.map(({ name, kind }) => el("th", { scope: "col", class: kind }, name)))),
      el("tbody", {}, rows.map((row) =>
        el("tr", rowAttributes(row), columns.map(({ cell, kind }) => el("td", { class: kind }, cell(row))))))));
}

/** A state in the colour of its kind: `good`, `warn`, `bad` or `plain`. */
export function badge(text, kind = "plain") {
  return el("span", { class: `badge ${kind}` }, text);
}
