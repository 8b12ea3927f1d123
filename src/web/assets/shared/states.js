// What a page says while it has nothing to show yet, nothing at all, or a failure.

import { el } from "./dom.js";

/** A heading and a sentence in place of a list. */
export function emptyState(title, text, ...actions) {
  return el("div", { class: "state" }, el("h2", {}, title), el("p", {}, text), ...actions);
}

/** Grey shapes of the size of what is being loaded, so that nothing moves when it arrives. */
export function placeholders(count, kind = "activity") {
  const shapes = Array.from({ length: count }, () =>
    el("div", { class: `placeholder ${kind}`, "aria-hidden": "true" }));
  return el("div", { class: "placeholders", role: "status" }, el("span", { class: "unseen" }, "Loading"), shapes);
}

/** A failure in the place of what failed, with a way to try again. */
export function failure(error, retry) {
  return el("div", { class: "state", role: "alert" },
    el("p", {}, error.message),
    retry && el("button", { class: "button", type: "button", onclick: retry }, "Try again"));
}

/** A sentence beneath a form; empty until it complains. */
export function complaint() {
  const line = el("p", { class: "complaint small", role: "alert", hidden: true });
  return {
    line,
    say(text) {
      line.textContent = text;
      line.hidden = false;
    },
    clear() {
      line.textContent = "";
      line.hidden = true;
    },
  };
}
