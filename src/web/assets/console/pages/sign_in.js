// The operator's sign-in form.

import { el } from "../../shared/dom.js";
import { formError } from "../../shared/feedback.js";
import { operator } from "../operator.js";

export function signIn() {
  const field = el("input", { type: "password", autocomplete: "off", spellcheck: "false", required: true, oninput: () => errorLine.clear() });
  const errorLine = formError();
  const button = el("button", { class: "button primary", type: "submit" }, "Sign in");
  const form = el("form", { class: "sign-in", onsubmit: submit },
    el("label", { class: "field" }, el("span", {}, "Admin token"), field),
    errorLine.element,
    button,
    el("p", { class: "muted small" },
      "The value of the setting ADMIN_TOKEN. With the embedded database and no such setting, it is in the file that the server’s log names. The browser keeps it until this tab is closed."));
  return { title: "Sign in", nodes: [el("h1", {}, "Console"), form] };

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    try {
      await operator.signIn(field.value.trim());
    } catch (error) {
      errorLine.show(signInError(error));
      button.disabled = false;
      field.focus();
    }
  }
}

function signInError(error) {
  if (error.status === 401) return "The admin token is wrong.";
  if (error.status === 404) return "The console is disabled on this server. Set ADMIN_TOKEN and restart the server.";
  return error.message;
}
