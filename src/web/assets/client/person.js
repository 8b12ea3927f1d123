// Somebody, wherever they appear: the coloured initial and the name with its handle.

import { el } from "../shared/dom.js";

const TONES = 6;
const PRIME = 997;

/** The first letter of the name on one of a few colours, always the same for a handle. */
export function portrait({ handle, display_name: name }, size = "") {
  const tone = [...handle.toLowerCase()].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % PRIME, 7) % TONES;
  const letter = [...(name.trim() || handle)][0].toUpperCase();
  return el("span", { class: `portrait tone-${tone} ${size}`, "aria-hidden": "true" }, letter);
}

/** Both names, as a link to the person's page. */
export function byline({ handle, display_name: name }, id = null) {
  return el("a", { class: "byline", href: `/@${handle}`, id },
    el("bdi", { class: "name" }, name), " ", el("span", { class: "handle" }, `@${handle}`));
}
