// One post: who, what, for how much longer, the replies to it, and what one may do with it.

import { freshKey } from "../shared/api.js";
import { el, icon } from "../shared/dom.js";
import { ask } from "../shared/question.js";
import { composer } from "./composer.js";
import { age, lifetime } from "./lifetime.js";
import { byline, portrait } from "./person.js";
import { prose } from "./prose.js";
import { go } from "../shared/router.js";
import { session } from "./session.js";

/** The address of an activity's thread. */
export function threadOf(activity) {
  return `/@${activity.handle}/status/${activity.uuid}`;
}

/**
 * An article. `removed` is called when it is gone, by its time or by its author; without `replies`
 * it shows none, which is what a thread does with those it lists itself.
 */
export function activityArticle(activity, { replies = true, removed = () => {} } = {}) {
  const label = `by-${activity.uuid}`;
  const below = el("ul", { class: "replies", "aria-label": "Replies" });
  const room = el("div", { class: "room" });
  const count = el("span", {}, repliesText(activity.replies_count));
  const article = el("article", { class: "activity", "aria-labelledby": label, id: `activity-${activity.uuid}` },
    portrait(activity),
    el("header", {},
      byline(activity, label),
      age(activity.created_at, threadOf(activity)),
      activity.expires_at && lifetime(activity, () => vanish(article, removed))),
    prose(activity.message),
    el("div", { class: "deeds" }, replyButton(), isOwn(activity) && deleteButton()),
    room, below);
  if (replies) activity.replies.forEach(append);

  function append(reply) {
    const item = el("li", {});
    item.append(activityArticle(reply, { removed: () => { item.remove(); tally(-1); } }));
    below.append(item);
  }

  function tally(change) {
    activity.replies_count += change;
    count.textContent = repliesText(activity.replies_count);
  }

  function replyButton() {
    return el("button", { class: "deed", type: "button", onclick: openReply }, icon("reply"), count);
  }

  function openReply() {
    if (!session.user) return go("/sign-in");
    if (room.firstChild) return room.replaceChildren();
    const { form, field } = composer({
      label: `Reply to ${activity.display_name}`,
      placeholder: `Reply to @${activity.handle}`,
      action: "Reply",
      limit: session.config.limits.reply_max_chars,
      deliver: async (body, key) => {
        const path = `/api/activities/${activity.uuid}/reply`;
        const { data } = await session.send("POST", path, { body, key });
        room.replaceChildren();
        append(data);
        tally(1);
      },
    });
    room.replaceChildren(form);
    field.focus();
  }

  function deleteButton() {
    return el("button", { class: "deed", type: "button", onclick: remove }, icon("bin"), el("span", {}, "Delete"));
  }

  async function remove() {
    const also = activity.replies_count > 0 ? ` The ${repliesText(activity.replies_count)} will go with it.` : "";
    const isMeant = await ask("Delete this crud?", `It is gone at once and for everybody.${also}`, { yes: "Delete" });
    if (!isMeant) return;
    try {
      await session.send("DELETE", `/api/activities/${activity.uuid}`, { key: freshKey() });
      vanish(article, removed);
    } catch (error) {
      room.replaceChildren(el("p", { class: "complaint small", role: "alert" }, error.message));
    }
  }

  return article;
}

/** Fades, then makes room. */
function vanish(article, removed) {
  const end = () => {
    article.remove();
    removed();
  };
  article.classList.add("gone");
  article.inert = true;
  const fading = article.getAnimations().filter((animation) => animation.animationName === "fade");
  if (fading.length === 0) end();
  else Promise.allSettled(fading.map((animation) => animation.finished)).then(end);
}

function isOwn(activity) {
  return activity.handle === session.user?.handle;
}

function repliesText(count) {
  if (count === 0) return "Reply";
  return `${count} ${count === 1 ? "reply" : "replies"}`;
}
