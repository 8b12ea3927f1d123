// A list of names and values (HTML's `dl`).

import { el } from "../shared/dom.js";

/** `pairs` are `[name, value]`; a pair without a value is left out. */
export function descriptionList(pairs) {
  return el("dl", { class: "description-list" },
    pairs.filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}
