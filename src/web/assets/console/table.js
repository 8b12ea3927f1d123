// A table that may be wider than the screen.

import { el } from "../shared/dom.js";

/**
 * `columns` are `{name, cell, kind}`; `cell` makes a node or a text of a row. `mark` may answer a
 * class and an id for a row's line.
 */
export function table(caption, columns, rows, mark = () => ({})) {
  return el("div", { class: "scroll", role: "region", "aria-label": caption, tabindex: 0 },
    el("table", {},
      el("caption", { class: "unseen" }, caption),
      el("thead", {}, el("tr", {}, columns.map(({ name, kind }) => el("th", { scope: "col", class: kind }, name)))),
      el("tbody", {}, rows.map((row) =>
        el("tr", mark(row), columns.map(({ cell, kind }) => el("td", { class: kind }, cell(row))))))));
}

/** A word for a state, in the colour of good, bad or neither. */
export function badge(text, kind = "plain") {
  return el("span", { class: `badge ${kind}` }, text);
}
