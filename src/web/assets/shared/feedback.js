// What a page shows in place of content: an empty state, a loading skeleton or an error.

import { el } from "./dom.js";

/** A heading and a sentence in place of an empty list. */
export function emptyState(title, text, ...actions) {
  return el("div", { class: "notice" }, el("h2", {}, title), el("p", {}, text), ...actions);
}

/** Grey shapes of the size of what is loading, so that the layout does not shift when it arrives. */
export function skeletons(count, kind = "activity") {
  const shapes = Array.from({ length: count }, () =>
    el("div", { class: `skeleton ${kind}`, "aria-hidden": "true" }));
  return el("div", { class: "skeletons", role: "status" }, el("span", { class: "visually-hidden" }, "Loading"), shapes);
}

/** An error in place of what failed to load; without `retry` there is no button. */
export function errorState(error, retry) {
  return el("div", { class: "notice", role: "alert" },
    el("p", {}, error.message),
    retry && el("button", { class: "button", type: "button", onclick: retry }, "Try again"));
}

/** The error line of a form, hidden while there is no error. */
export function formError() {
  const element = el("p", { class: "error small", role: "alert", hidden: true });
  return {
    element,
    show(text) {
      element.textContent = text;
      element.hidden = false;
    },
    clear() {
      element.textContent = "";
      element.hidden = true;
    },
  };
}
