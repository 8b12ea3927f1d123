// Thread: one crud with all direct replies, oldest first.

import { connection } from "../../shared/connection.js";
import { el, icon } from "../../shared/dom.js";
import { emptyState, errorState, skeletons } from "../../shared/feedback.js";
import { replacePath, setTitle } from "../../shared/router.js";
import { activityArticle, threadPath } from "../activity.js";
import { tell, tellGone } from "../activity_events.js";
import { MAX_PAGE, withLimit } from "../feed.js";
import { keepCurrent } from "../keep_current.js";
import { live } from "../live/live.js";
import { readActivities } from "../reactions.js";
import { threadTitle } from "../titles.js";
import { unsentReply } from "../unsent_reply.js";

/** Replies of the first page. */
const PAGE_SIZE = 20;

export function thread({ handle, uuid }, signal, place) {
  const element = el("div", {}, skeletons(1));
  const footer = el("div", {});
  const path = `/api/activities/${uuid}?limit=20`;
  let etag = null;
  let article = null;
  const ready = load(place?.count > PAGE_SIZE ? withLimit(path, MAX_PAGE) : path);
  return { title: "Thread", isTitleServed: true, nodes: [heading(), element], ready };

  async function load(url) {
    try {
      const page = await readActivities(url, { signal });
      if (signal.aborted) return;
      if (url === path) etag = page.etag;
      render(page);
      keepCurrent(compare, { topics: topics(page.data), signal });
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 404) return showExpired();
      element.replaceChildren(errorState(error, () => load(url)));
      if (connection.isLost) connection.addEventListener("restored", () => load(url), { signal, once: true });
    }
  }

  function render({ data: activity, next }) {
    article = activityArticle(activity, {
      onRemoved: () => signal.aborted || showExpired(),
      // With more replies to load, a new one is on a later page.
      takesReplies: () => !footer.firstChild,
    });
    article.classList.add("enlarged");
    const parent = activity.reply_to_activity_uuid;
    element.replaceChildren(...[parent && parentLink(parent), article, footer].filter(Boolean));
    setTitle(threadTitle(activity));
    // The server redirects to the same path.
    if (handle.toLowerCase() !== activity.handle.toLowerCase()) replacePath(threadPath(activity));
    if (next) showMoreButton(next);
  }

  /** With its parent an activity goes, too, and no event says so. */
  function topics(activity) {
    const parent = activity.reply_to_activity_uuid;
    if (parent) live.addEventListener("deleted", ({ detail }) => detail.uuid === parent && tellGone(uuid, "deleted"), { signal });
    return [uuid, parent].filter(Boolean).map((each) => `activity:${each}`);
  }

  /** A conditional request: the server answers 304 without a body where the first page is unchanged. */
  async function compare() {
    try {
      const page = await readActivities(path, { etag, signal });
      etag = page.etag;
      if (page.data && !signal.aborted) show(page);
    } catch (error) {
      if (error.status === 404) tellGone(uuid, "gone");
    }
  }

  function show({ data: activity, next }) {
    tell(uuid, "counts", activity);
    const found = new Set(activity.replies.map((reply) => reply.uuid));
    for (const reply of activity.replies) {
      tell(uuid, "reply", reply);
      tell(reply.uuid, "counts", reply);
    }
    const end = next ? activity.replies.at(-1).created_at : null;
    for (const { dataset, firstChild } of article.querySelectorAll(":scope > .replies > li")) {
      const created = firstChild.querySelector("time").dateTime;
      if (!found.has(dataset.item) && (end === null || created < end)) tellGone(dataset.item, "gone");
    }
  }

  function showExpired() {
    const unsent = unsentReply(uuid);
    element.replaceChildren(...[
      emptyState("It had its time", "This crud has expired or was deleted.", el("a", { href: "/" }, "Home")), unsent,
    ].filter(Boolean));
    setTitle("It had its time");
  }

  /** The button loads the next page of replies into the same list. */
  function showMoreButton(url) {
    const button = el("button", { class: "button", type: "button" }, "More replies");
    const loadMore = async () => {
      button.disabled = true;
      const { data, next } = await readActivities(url, { signal });
      button.remove();
      data.replies.forEach((reply) => tell(uuid, "reply", reply));
      if (next) showMoreButton(next);
    };
    button.addEventListener("click", () => loadMore().catch((error) => {
      button.disabled = signal.aborted;
      button.textContent = error.message;
    }));
    footer.replaceChildren(button);
  }

  /** The API does not give the parent's author; the path accepts any handle. */
  function parentLink(parent) {
    const link = el("a", { class: "parent-link small", href: `/@_/status/${parent}` }, "Show the crud this replies to");
    return el("p", {}, link);
  }
}

function heading() {
  return el("div", { class: "heading" },
    el("a", { class: "button quiet back", href: "/", "data-back": true }, icon("back"), el("span", { class: "visually-hidden" }, "Home")),
    el("h1", {}, "Thread"));
}
