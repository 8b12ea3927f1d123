// Modal dialogs that ask the user to confirm an action.

import { el } from "./dom.js";

/**
 * Opens the dialog; `text` says what the action does. The cancel button has the focus, so that a
 * stray Enter changes nothing.
 *
 * @returns {Promise<boolean>} true where the user confirmed
 */
export function confirmDialog(title, text, { confirm, cancel = "Cancel" }) {
  return open(title, text, [], { confirm, cancel });
}

/**
 * Opens a dialog in which the user types something to confirm the action; `label` says what.
 *
 * @returns {Promise<?string>} the typed text; null where the user did not confirm
 */
export async function typedConfirmDialog(title, text, { label, confirm, cancel = "Cancel" }) {
  const field = el("input", { autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  const fields = [el("label", { class: "field" }, el("span", {}, label), field)];
  return await open(title, text, fields, { confirm, cancel }) ? field.value : null;
}

/** A stray Enter presses the first button, which cancels. */
function open(title, text, fields, { confirm, cancel }) {
  const dialog = el("dialog", { "aria-labelledby": "dialog-title" },
    el("form", { method: "dialog" },
      el("h2", { id: "dialog-title" }, title),
      el("p", {}, text),
      fields,
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
