// A modal dialog that asks the user to confirm an action.

import { el } from "./dom.js";

/**
 * Opens the dialog; `text` says what the action does. The cancel button has the focus, so that a
 * stray Enter changes nothing.
 *
 * @returns {Promise<boolean>} true where the user confirmed
 */
export function confirmDialog(title, text, { confirm, cancel = "Cancel" }) {
  const dialog = el("dialog", { "aria-labelledby": "dialog-title" },
    el("form", { method: "dialog" },
      el("h2", { id: "dialog-title" }, title),
      el("p", {}, text),
      el("div", { class: "buttons" },
        el("button", { class: "button", value: "cancel", autofocus: true }, cancel),
        el("button", { class: "button danger", value: "confirm" }, confirm))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "confirm");
    });
  });
}
