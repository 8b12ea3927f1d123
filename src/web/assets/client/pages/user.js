// A user's page: profile and cruds.

import { send } from "../../shared/api.js";
import { connection } from "../../shared/connection.js";
import { el } from "../../shared/dom.js";
import { emptyState, errorState, skeletons } from "../../shared/feedback.js";
import { setTitle } from "../../shared/router.js";
import { activityArticle } from "../activity.js";
import { arrivals } from "../arrivals.js";
import { avatar } from "../avatar.js";
import { blockButton } from "../block.js";
import { feed } from "../feed.js";
import { live } from "../live/live.js";
import { readActivities } from "../reactions.js";
import { session } from "../session.js";
import { userTitle } from "../titles.js";

/** Milliseconds in which several changes of the number of cruds are one. */
const COUNT_DELAY = 500;

export function userPage({ handle }, signal, place) {
  const profile = el("div", {}, skeletons(1, "profile"));
  const name = el("h1", {}, `@${handle}`);
  const count = el("span");
  let counting = null;
  const path = `/api/activities/@${handle}?limit=20&include=reposts`;
  const list = feed({
    path,
    load: (url) => loadPage(url),
    renderItem: (activity, onRemoved) => activityArticle(activity, { onRemoved }),
    renderEmpty: () => emptyState("Nothing just now", "Either nothing was said, or it has all run out of time."),
    onFirstPage: (page) => newCruds.start(page),
    signal,
    place,
  });
  const newCruds = arrivals({
    list,
    path,
    load: loadPage,
    topics: [`@${handle}`, "home"],
    belongs: (activity) => isBy(activity) && !activity.reply_to_activity_uuid && !activity.reposted_at,
    signal,
  });
  // The stream does not say whose page a repost is on.
  live.addEventListener("activity", ({ detail }) => detail.reposted_at && newCruds.check(), { signal });
  live.addEventListener("profile", ({ detail }) => isBy(detail) && !profile.querySelector("form") && load(), { signal });
  live.addEventListener("activity", ({ detail }) => isBy(detail) && updateCount(), { signal });
  for (const type of ["deleted", "expired"]) live.addEventListener(type, ({ detail }) => list.has(detail.uuid) && updateCount(), { signal });
  const ready = Promise.all([load(), list.ready]);
  return {
    title: `@${handle}`,
    isTitleServed: true,
    nodes: [el("div", { class: "heading" }, name), profile, newCruds.element, list.element],
    ready,
  };

  function isBy(author) {
    return author.handle.toLowerCase() === handle.toLowerCase();
  }

  /** The server's setting CLIENT_GENERATION decides whether the data is an array or has one. */
  async function loadPage(url, options) {
    const page = await readActivities(url, options);
    return { ...page, data: page.data?.activities ?? page.data };
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

  function updateCount() {
    clearTimeout(counting);
    counting = setTimeout(async () => {
      const { data } = await send("GET", `/api/users/@${handle}`, { signal }).catch(() => ({}));
      if (data) count.textContent = crudCount(data);
    }, COUNT_DELAY);
  }

  function showName(user) {
    if (signal.aborted) return;
    name.replaceChildren(el("bdi", {}, user.display_name));
    setTitle(userTitle(user));
  }

  function profileCard(user) {
    const isSelf = user.handle === session.user?.handle;
    const joined = new Date(user.created_at).toLocaleDateString(undefined, { year: "numeric", month: "long" });
    count.textContent = crudCount(user);
    const card = el("section", { class: "profile", "aria-label": "Profile" },
      avatar(user, "large"),
      el("div", { class: "profile-text" },
        el("p", { class: "handle" }, `@${user.handle}`),
        user.bio && el("p", { class: "user-text", dir: "auto" }, user.bio),
        el("p", { class: "small muted" }, count, ` · joined in ${joined}`)),
      el("div", { class: "buttons" }, isSelf ? editButton() : session.user && [messageLink(), blockButton(user, signal)]),
      isSelf && later(() => import("../account.js"), ({ accountActions }) => accountActions(user)));
    return card;

    function editButton() {
      return el("button", { class: "button", type: "button", onclick: edit }, "Edit profile");
    }

    async function edit() {
      const { profileForm } = await import("./profile.js");
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

function crudCount({ cruds_count: number }) {
  return `${number} ${number === 1 ? "crud" : "cruds"}`;
}

/** What only the user's own page needs: an element that `render` makes once its module is loaded. */
function later(load, render) {
  const place = el("div", { class: "account-actions" });
  load().then((module) => place.replaceWith(render(module)), () => {});
  return place;
}
