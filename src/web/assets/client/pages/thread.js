// Thread: one crud with all direct replies, oldest first.

import { connection } from "../../shared/connection.js";
import { el, icon } from "../../shared/dom.js";
import { emptyState, errorState, skeletons } from "../../shared/feedback.js";
import { setTitle } from "../../shared/router.js";
import { activityArticle, threadPath } from "../activity.js";
import { readActivities } from "../reactions.js";
import { threadTitle } from "../titles.js";

export function thread({ handle, uuid }, signal) {
  const element = el("div", {}, skeletons(1));
  load(`/api/activities/${uuid}?limit=20`);
  return { title: "Thread", isTitleServed: true, nodes: [heading(), element] };

  async function load(url) {
    try {
      const { data, next } = await readActivities(url, { signal });
      if (signal.aborted) return;
      render(data);
      if (next) showMoreButton(next);
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 404) return showExpired();
      element.replaceChildren(errorState(error, () => load(url)));
      if (connection.isLost) connection.addEventListener("restored", () => load(url), { signal, once: true });
    }
  }

  function render(activity) {
    const article = activityArticle(activity, { onRemoved: () => signal.aborted || showExpired() });
    article.classList.add("enlarged");
    element.replaceChildren(article);
    setTitle(threadTitle(activity));
    // The server redirects to the same path.
    if (handle.toLowerCase() !== activity.handle.toLowerCase()) history.replaceState(null, "", threadPath(activity));
    if (activity.reply_to_activity_uuid) element.prepend(parentLink(activity.reply_to_activity_uuid));
  }

  function showExpired() {
    element.replaceChildren(emptyState("It had its time", "This crud has expired or was deleted.", el("a", { href: "/" }, "Home")));
    setTitle("It had its time");
  }

  /** The button loads the next page of replies into the same list. */
  function showMoreButton(url) {
    const list = element.querySelector(".replies");
    const button = el("button", { class: "button", type: "button" }, "More replies");
    const loadMore = async () => {
      button.disabled = true;
      const { data, next } = await readActivities(url, { signal });
      for (const reply of data.replies) list.append(el("li", {}, activityArticle(reply)));
      button.remove();
      if (next) showMoreButton(next);
    };
    button.addEventListener("click", () => loadMore().catch((error) => {
      button.disabled = signal.aborted;
      button.textContent = error.message;
    }));
    element.append(button);
  }

  /** The API does not give the parent's author; the path accepts any handle. */
  function parentLink(parent) {
    const link = el("a", { class: "parent-link small", href: `/@_/status/${parent}` }, "Show the crud this replies to");
    return el("p", {}, link);
  }
}

function heading() {
  return el("div", { class: "heading" },
    el("a", { class: "button quiet back", href: "/" }, icon("back"), el("span", { class: "visually-hidden" }, "Home")),
    el("h1", {}, "Thread"));
}
