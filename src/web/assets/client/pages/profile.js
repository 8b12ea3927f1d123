// Changing one's own name and bio.

import { freshKey } from "../../shared/api.js";
import { el } from "../../shared/dom.js";
import { complaint } from "../../shared/states.js";
import { session } from "../session.js";

/** A form that writes what was saved into `person` and then calls `saved`. */
export function profileForm(person, { saved }) {
  const name = el("input", { value: person.display_name, autocomplete: "name", dir: "auto", required: true, oninput: check });
  const bio = el("textarea", { rows: 3, dir: "auto", oninput: check });
  bio.value = person.bio;
  const button = el("button", { class: "button primary", type: "submit" }, "Save");
  const trouble = complaint();
  const form = el("form", { class: "profile-form", "aria-label": "Edit profile", onsubmit: submit },
    el("label", { class: "field" }, el("span", {}, "Name"), name),
    el("label", { class: "field" }, el("span", {}, "Bio"), bio),
    trouble.line,
    el("div", { class: "choices" }, el("button", { class: "button", type: "reset" }, "Cancel"), button));

  /** In Unicode scalar values, as the server counts. */
  function check() {
    const { display_name_max_chars: nameMax, bio_max_chars: bioMax } = session.config.limits;
    trouble.clear();
    if ([...name.value].length > nameMax) trouble.say(`A name has at most ${nameMax} characters.`);
    if ([...bio.value].length > bioMax) trouble.say(`A bio has at most ${bioMax} characters.`);
  }

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    try {
      const body = { display_name: name.value, bio: bio.value };
      const { data } = await session.send("PUT", "/api/profile/update", { body, key: freshKey() });
      Object.assign(person, { display_name: data.display_name, bio: bio.value });
      session.rename(data);
      saved();
    } catch (error) {
      trouble.say(error.message);
      button.disabled = false;
    }
  }

  return { form, field: name };
}
