// A modal dialog with a form.

import { el } from "./dom.js";
import { formError } from "./feedback.js";

/**
 * Opens the dialog. `send` gets the values of the fields by their name and returns a promise: once that is fulfilled the
 * dialog closes; an error is shown in the dialog. Escape and the cancel button close it without sending. The focus is
 * in the first field, and then again where it was before.
 *
 * @returns {Promise<boolean>} true where the form was sent
 */
export function formDialog(title, fields, { submit, send }) {
  const errorLine = formError();
  const button = el("button", { class: "button primary" }, submit);
  const dialog = el("dialog", { "aria-labelledby": "dialog-title" },
    el("form", { onsubmit },
      el("h2", { id: "dialog-title" }, title),
      fields,
      errorLine.element,
      el("div", { class: "buttons" },
        el("button", { class: "button", type: "button", onclick: () => dialog.close() }, "Cancel"),
        button)));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "sent");
    });
  });

  async function onsubmit(event) {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    errorLine.clear();
    try {
      await send(Object.fromEntries(new FormData(event.target)));
      dialog.close("sent");
    } catch (error) {
      errorLine.show(error.message);
    }
    button.disabled = false;
  }
}

/** A field in which one of `options`, pairs of value and text, has to be selected. */
export function requiredSelect(name, label, options) {
  return el("label", { class: "field" },
    el("span", {}, label),
    el("select", { name, required: true },
      el("option", { value: "" }, "Select one"),
      options.map(([value, text]) => el("option", { value }, text))));
}

/** A field for a text that may be empty, of at most `limit` characters where that is given. */
export function noteField(label, limit = null) {
  return el("label", { class: "field" },
    el("span", {}, label),
    el("textarea", { name: "note", rows: 3, maxlength: limit, dir: "auto" }));
}
