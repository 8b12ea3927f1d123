// Somebody's page: who they are and what they say.

import { send } from "../../shared/api.js";
import { connection } from "../../shared/connection.js";
import { el } from "../../shared/dom.js";
import { emptyState, failure, placeholders } from "../../shared/states.js";
import { activityArticle } from "../activity.js";
import { feed } from "../feed.js";
import { portrait } from "../person.js";
import { session } from "../session.js";
import { profileForm } from "./profile.js";

export function user({ handle }, signal) {
  const room = el("div", {}, placeholders(1, "profile"));
  const name = el("h1", {}, `@${handle}`);
  const list = feed({
    path: `/api/activities/@${handle}`,
    load: (address) => send("GET", address),
    draw: (activity, removed) => activityArticle(activity, { removed }),
    empty: () => emptyState("Nothing just now", "Either nothing was said, or it has all run out of time."),
    signal,
  });
  read();
  return { title: `@${handle}`, nodes: [el("div", { class: "heading" }, name), room, list.box] };

  async function read() {
    try {
      const { data } = await send("GET", `/api/users/@${handle}`, { signal });
      name.replaceChildren(el("bdi", {}, data.display_name));
      room.replaceChildren(profile(data));
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 404) {
        room.replaceChildren(emptyState("Nobody is here", error.message));
        list.box.remove();
      } else {
        room.replaceChildren(failure(error, read));
        if (connection.isLost) connection.addEventListener("found", read, { signal, once: true });
      }
    }
  }

  function profile(person) {
    const isSelf = person.handle === session.user?.handle;
    const since = new Date(person.created_at).toLocaleDateString(undefined, { year: "numeric", month: "long" });
    const card = el("section", { class: "profile", "aria-label": "Profile" },
      portrait(person, "large"),
      el("div", { class: "facts" },
        el("p", { class: "handle" }, `@${person.handle}`),
        person.bio && el("p", { class: "prose", dir: "auto" }, person.bio),
        el("p", { class: "small soft" }, `${person.cruds_count} live · here since ${since}`)),
      el("div", {}, isSelf ? editButton() : writeLink()));
    return card;

    function editButton() {
      return el("button", { class: "button", type: "button", onclick: edit }, "Edit profile");
    }

    function edit() {
      const { form, field } = profileForm(person, {
        saved: () => {
          name.replaceChildren(el("bdi", {}, person.display_name));
          form.replaceWith(profile(person));
        },
      });
      card.replaceWith(form);
      field.focus();
      form.addEventListener("reset", () => form.replaceWith(profile(person)));
    }

    function writeLink() {
      return session.user && el("a", { class: "button", href: `/messages/@${person.handle}` }, "Message");
    }
  }
}
