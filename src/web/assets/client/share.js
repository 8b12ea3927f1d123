// The button that shares a crud: in the dialog of the operating system where the browser has one, else by
// copying the crud's address to the clipboard.

import { el, icon } from "../shared/dom.js";

/** Milliseconds until the confirmation disappears. */
const CONFIRMATION_TIME = 5_000;

/** A live region must be in the page before its text is, or a screen reader misses the text. */
const region = el("div", { role: "status" });
document.getElementById("banners").append(region);
let hiding = null;

/** The button for the activity whose page has this path. */
export function shareButton({ display_name: name }, path) {
  const onclick = () => share(name, new URL(path, location.origin).href);
  return el("button", { class: "action", type: "button", "aria-label": `Share the crud by ${name}`, onclick },
    icon("share"), el("span", { class: "narrow-hidden" }, "Share"));
}

async function share(name, url) {
  if (!navigator.share) return copy(url);
  try {
    await navigator.share({ title: `A crud by ${name}`, url });
  } catch (error) {
    // The user has closed the dialog.
    if (error.name !== "AbortError") await copy(url);
  }
}

/** Browsers give no access to the clipboard without TLS; the user can then copy the address by hand. */
async function copy(url) {
  try {
    await navigator.clipboard.writeText(url);
    showConfirmation("The address is copied.");
  } catch {
    showConfirmation(`Copy this address: ${url}`, { stays: true });
  }
}

function showConfirmation(text, { stays = false } = {}) {
  clearTimeout(hiding);
  region.replaceChildren(el("p", { class: "banner shared" }, text,
    stays && el("button", { class: "button", type: "button", onclick: hide }, "Close")));
  if (!stays) hiding = setTimeout(hide, CONFIRMATION_TIME);
}

function hide() {
  region.replaceChildren();
}
