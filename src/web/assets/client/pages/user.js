// A user's page: profile and cruds.

import { send } from "../../shared/api.js";
import { connection } from "../../shared/connection.js";
import { el } from "../../shared/dom.js";
import { emptyState, errorState, skeletons } from "../../shared/feedback.js";
import { setTitle } from "../../shared/router.js";
import { accountActions } from "../account.js";
import { activityArticle } from "../activity.js";
import { avatar } from "../avatar.js";
import { blockButton } from "../block.js";
import { feed } from "../feed.js";
import { readActivities } from "../reactions.js";
import { session } from "../session.js";
import { userTitle } from "../titles.js";
import { profileForm } from "./profile.js";

export function userPage({ handle }, signal) {
  const profile = el("div", {}, skeletons(1, "profile"));
  const name = el("h1", {}, `@${handle}`);
  const list = feed({
    path: `/api/activities/@${handle}?limit=20&include=reposts`,
    load: loadPage,
    renderItem: (activity, onRemoved) => activityArticle(activity, { onRemoved }),
    renderEmpty: () => emptyState("Nothing just now", "Either nothing was said, or it has all run out of time."),
    signal,
  });
  load();
  return { title: `@${handle}`, isTitleServed: true, nodes: [el("div", { class: "heading" }, name), profile, list.element] };

  /** The server's setting CLIENT_GENERATION decides whether the data is an array or has one. */
  async function loadPage(url) {
    const page = await readActivities(url);
    return { ...page, data: page.data.activities ?? page.data };
  }

  async function load() {
    try {
      const { data } = await send("GET", `/api/users/@${handle}`, { signal });
      showName(data);
      profile.replaceChildren(profileCard(data));
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 404) {
        profile.replaceChildren(emptyState("There is no such user", error.message));
        list.element.remove();
        setTitle("There is no such user");
      } else {
        profile.replaceChildren(errorState(error, load));
        if (connection.isLost) connection.addEventListener("restored", load, { signal, once: true });
      }
    }
  }

  function showName(user) {
    if (signal.aborted) return;
    name.replaceChildren(el("bdi", {}, user.display_name));
    setTitle(userTitle(user));
  }

  function profileCard(user) {
    const isSelf = user.handle === session.user?.handle;
    const joined = new Date(user.created_at).toLocaleDateString(undefined, { year: "numeric", month: "long" });
    const cruds = `${user.cruds_count} ${user.cruds_count === 1 ? "crud" : "cruds"}`;
    const card = el("section", { class: "profile", "aria-label": "Profile" },
      avatar(user, "large"),
      el("div", { class: "profile-text" },
        el("p", { class: "handle" }, `@${user.handle}`),
        user.bio && el("p", { class: "user-text", dir: "auto" }, user.bio),
        el("p", { class: "small muted" }, `${cruds} · joined in ${joined}`)),
      el("div", { class: "buttons" }, isSelf ? editButton() : session.user && [messageLink(), blockButton(user, signal)]),
      isSelf && accountActions(user));
    return card;

    function editButton() {
      return el("button", { class: "button", type: "button", onclick: edit }, "Edit profile");
    }

    function edit() {
      const { form, field } = profileForm(user, {
        onSaved: () => {
          showName(user);
          form.replaceWith(profileCard(user));
        },
      });
      card.replaceWith(form);
      field.focus();
      form.addEventListener("reset", () => form.replaceWith(profileCard(user)));
    }

    function messageLink() {
      return el("a", { class: "button", href: `/messages/@${user.handle}` }, "Message");
    }
  }
}
