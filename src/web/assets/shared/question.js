// A question that must be answered before anything happens.

import { el } from "./dom.js";

/**
 * Asks in a dialog; what will happen stands in `text`. The answer that does nothing has the focus.
 *
 * @returns {Promise<boolean>}
 */
export function ask(title, text, { yes, no = "Keep it" }) {
  const dialog = el("dialog", { "aria-labelledby": "question" },
    el("form", { method: "dialog" },
      el("h2", { id: "question" }, title),
      el("p", {}, text),
      el("div", { class: "choices" },
        el("button", { class: "button", value: "no", autofocus: true }, no),
        el("button", { class: "button danger", value: "yes" }, yes))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue === "yes");
    });
  });
}
