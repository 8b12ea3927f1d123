// A user's avatar and byline.

import { el } from "../shared/dom.js";

/** Colours in activity.css, and the modulus of the hash that picks one. */
const TONES = 6;
const PRIME = 997;

/** The first letter of the name, on a colour that depends on the handle only. */
export function avatar({ handle, display_name: name }, size = "") {
  const tone = [...handle.toLowerCase()].reduce((hash, letter) => (hash * 31 + letter.codePointAt(0)) % PRIME, 7) % TONES;
  const letter = [...(name.trim() || handle)][0].toUpperCase();
  return el("span", { class: `avatar tone-${tone} ${size}`, "aria-hidden": "true" }, letter);
}

/** Display name and handle, as a link to the user's page. */
export function byline({ handle, display_name: name }, id = null) {
  return el("a", { class: "byline", href: `/@${handle}`, id },
    el("bdi", { class: "name" }, name), " ", el("span", { class: "handle" }, `@${handle}`));
}
