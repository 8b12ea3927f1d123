// A crud (in the API: an activity) as an article: author, text, time to expiry, actions and replies.

import { newIdempotencyKey } from "../shared/api.js";
import { confirmDialog } from "../shared/dialog.js";
import { el, icon } from "../shared/dom.js";
import { navigate } from "../shared/router.js";
import { tellGone } from "./activity_events.js";
import { avatar, byline } from "./avatar.js";
import { composer } from "./composer.js";
import { age, expiryRing } from "./expiry.js";
import { focusItem } from "./focus.js";
import { userText } from "./linkify.js";
import { reactionButtons } from "./reactions.js";
import { reportButton } from "./report.js";
import { session } from "./session.js";
import { shareButton } from "./share.js";
import { keepUnsentReplies, replyTarget } from "./unsent_reply.js";

/** The path of an activity's thread. */
export function threadPath(activity) {
  return `/@${activity.handle}/status/${activity.uuid}`;
}

/**
 * The article. `onRemoved` is called after it has expired or was deleted. `deleting` runs the request that deletes it,
 * `takesReplies` says whether a new reply belongs at the end of the shown ones.
 */
export function activityArticle(activity, { onRemoved = () => {}, deleting = (request) => request(), takesReplies = () => true } = {}) {
  const labelId = `by-${activity.uuid}`;
  const replyList = el("ul", { class: "replies", "aria-label": "Replies" });
  const replySlot = el("div", { class: "reply-slot" });
  const count = el("span", {}, replyCountText(activity.replies_count));
  const replyToggle = replyButton();
  const reactions = reactionButtons(activity, showError);
  const article = el("article",
    {
      class: activity.reposted_at ? "activity is-repost" : "activity",
      "aria-labelledby": labelId, "data-activity": activity.uuid, "data-parent": activity.reply_to_activity_uuid,
    },
    activity.reposted_at && el("p", { class: "reposted small" }, icon("repost"), "Reposted"),
    avatar(activity),
    el("header", {},
      byline(activity, labelId),
      age(activity.created_at, threadPath(activity)),
      activity.expires_at && expiryRing(activity, () => tellGone(activity.uuid, "expired"))),
    userText(activity.message),
    el("div", { class: "actions" }, replyToggle, reactions.buttons, shareButton(activity, threadPath(activity)),
      isOwn(activity) ? deleteButton() : reportButton(activity)),
    replySlot, replyList);
  /** How often the server has told the numbers. */
  let countsTold = 0;
  let isGone = false;
  reactions.addShortcuts(article);
  activity.replies.forEach(appendReply);
  article.addEventListener("counts", ({ detail }) => showCounts(detail));
  article.addEventListener("reply", ({ detail }) => takesReplies() && appendReply(detail));
  article.addEventListener("gone", ({ detail }) => leave(detail));

  function showCounts({ replies_count, reposts_count, likes_count }) {
    countsTold += 1;
    setReplyCount(replies_count);
    reactions.setCounts({ reposts_count, likes_count });
  }

  function leave(reason) {
    if (isGone) return;
    isGone = true;
    if (!keepUnsentReplies(article, reason, onRemoved)) fadeOut(article, onRemoved);
  }

  function showError(error) {
    replySlot.replaceChildren(el("p", { class: "error small", role: "alert" }, error.message));
  }

  function appendReply(reply) {
    if (replyList.querySelector(`[data-activity="${CSS.escape(reply.uuid)}"]`)) return;
    const item = el("li", { "data-item": reply.uuid });
    item.append(activityArticle({ replies: [], ...reply }, {
      onRemoved: () => item.remove(),
      deleting: (request) => changingReplies(-1, request),
    }));
    replyList.append(item);
  }

  /** Runs a request that changes the number of replies, unless the server tells the new number meanwhile. */
  async function changingReplies(change, request) {
    const told = countsTold;
    const result = await request();
    if (countsTold === told) setReplyCount(activity.replies_count + change);
    return result;
  }

  function setReplyCount(number) {
    activity.replies_count = number;
    count.textContent = replyCountText(number);
    replyToggle.setAttribute("aria-label", replyLabel(activity));
  }

  function replyButton() {
    return el("button", { class: "action", type: "button", "aria-label": replyLabel(activity), onclick: toggleReplyForm },
      icon("reply"), count);
  }

  function toggleReplyForm() {
    if (!session.user) return navigate("/sign-in");
    if (replySlot.firstChild) return replySlot.replaceChildren();
    const { form, field } = composer({
      target: replyTarget(activity.uuid),
      label: `Reply to ${activity.display_name}`,
      placeholder: `Reply to @${activity.handle}`,
      action: "Reply",
      actionLabel: `Reply to ${activity.display_name}`,
      limit: session.config.limits.reply_max_chars,
      send: sendReply,
    });
    replySlot.replaceChildren(form);
    field.focus();
  }

  async function sendReply(body, idempotencyKey) {
    try {
      const path = `/api/activities/${activity.uuid}/reply`;
      const { data } = await changingReplies(1, () => session.send("POST", path, { body, idempotencyKey }));
      replySlot.replaceChildren();
      appendReply(data);
    } catch (error) {
      if (error.code === "activity_not_found") tellGone(activity.uuid, "gone");
      throw error;
    }
  }

  function deleteButton() {
    return el("button", { class: "action delete", type: "button", onclick: deleteActivity },
      icon("bin"), el("span", { class: "narrow-hidden" }, "Delete"));
  }

  async function deleteActivity() {
    const { replies_count: number } = activity;
    const replies = number > 0 ? ` Its ${replyCountText(number)} will be deleted too.` : "";
    const isConfirmed = await confirmDialog("Delete this crud?", `It will be deleted for everyone, at once.${replies}`,
      { confirm: "Delete" });
    if (!isConfirmed) return;
    try {
      const path = `/api/activities/${activity.uuid}`;
      await deleting(() => session.send("DELETE", path, { idempotencyKey: newIdempotencyKey() }));
      tellGone(activity.uuid, "deleted");
    } catch (error) {
      showError(error);
    }
  }

  return article;
}

/**
 * Removes the article after its fade animation, or at once where the browser plays none or it is off the screen. Where
 * it has the focus, that goes to the crud beside it.
 */
function fadeOut(article, onRemoved) {
  const isFocused = article.contains(document.activeElement);
  const remove = () => {
    const item = article.closest("li");
    const neighbour = item?.nextElementSibling ?? item?.previousElementSibling;
    onRemoved();
    article.remove();
    if (isFocused) focusItem(neighbour);
  };
  if (!article.checkVisibility({ contentVisibilityAuto: true })) return remove();
  article.classList.add("removed");
  article.inert = true;
  const animations = article.getAnimations().filter((animation) => animation.animationName === "fade");
  if (animations.length === 0) remove();
  else Promise.allSettled(animations.map((animation) => animation.finished)).then(remove);
}

function isOwn(activity) {
  return activity.handle === session.user?.handle;
}

/** The accessible name of the reply button: which author it answers, after the text that it shows. */
function replyLabel({ replies_count: count, display_name: name }) {
  return count === 0 ? `Reply to ${name}` : `${replyCountText(count)}. Reply to ${name}`;
}

function replyCountText(count) {
  if (count === 0) return "Reply";
  return `${count} ${count === 1 ? "reply" : "replies"}`;
}
