// The form for the user's own display name and bio.

import { newIdempotencyKey } from "../../shared/api.js";
import { el } from "../../shared/dom.js";
import { formError } from "../../shared/feedback.js";
import { session } from "../session.js";

/** Saves the form, writes the saved values into `user`, then calls `onSaved`. */
export function profileForm(user, { onSaved }) {
  const name = el("input", { value: user.display_name, autocomplete: "name", dir: "auto", required: true, oninput: checkLengths });
  const bio = el("textarea", { rows: 3, dir: "auto", oninput: checkLengths });
  bio.value = user.bio;
  const button = el("button", { class: "button primary", type: "submit" }, "Save");
  const errorLine = formError();
  const form = el("form", { class: "profile-form", "aria-label": "Edit profile", onsubmit: submit },
    el("label", { class: "field" }, el("span", {}, "Name"), name),
    el("label", { class: "field" }, el("span", {}, "Bio"), bio),
    errorLine.element,
    el("div", { class: "buttons" }, el("button", { class: "button", type: "reset" }, "Cancel"), button));

  /** Counts Unicode scalar values, as the server does. */
  function checkLengths() {
    const { display_name_max_chars: nameMax, bio_max_chars: bioMax } = session.config.limits;
    errorLine.clear();
    if ([...name.value].length > nameMax) errorLine.show(`The name may have at most ${nameMax} characters.`);
    if ([...bio.value].length > bioMax) errorLine.show(`The bio may have at most ${bioMax} characters.`);
  }

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    try {
      const body = { display_name: name.value, bio: bio.value };
      const { data } = await session.send("PUT", "/api/profile/update", { body, idempotencyKey: newIdempotencyKey() });
      Object.assign(user, { display_name: data.display_name, bio: bio.value });
      session.updateUser(data);
      onSaved();
    } catch (error) {
      errorLine.show(error.message);
      button.disabled = false;
    }
  }

  return { form, field: name };
}
