// The door: the admin token, tried before it is kept.

import { el } from "../../shared/dom.js";
import { complaint } from "../../shared/states.js";
import { operator } from "../operator.js";

export function signIn() {
  const field = el("input", { type: "password", autocomplete: "off", spellcheck: "false", required: true, oninput: () => trouble.clear() });
  const trouble = complaint();
  const button = el("button", { class: "button primary", type: "submit" }, "Sign in");
  const form = el("form", { class: "door", onsubmit: submit },
    el("label", { class: "field" }, el("span", {}, "Admin token"), field),
    trouble.line,
    button,
    el("p", { class: "soft small" },
      "The setting ADMIN_TOKEN; on the embedded database, the file that the server’s log names. It is kept until this tab is closed."));
  return { title: "Sign in", nodes: [el("h1", {}, "Console"), form] };

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    try {
      await operator.signIn(field.value.trim());
    } catch (error) {
      trouble.say(words(error));
      button.disabled = false;
      field.focus();
    }
  }
}

function words(error) {
  if (error.status === 401) return "That is not the token.";
  if (error.status === 404) return "This server has no operators: set ADMIN_TOKEN.";
  return error.message;
}
