// A crud (in the API: an activity) as an article: author, text, time to expiry, actions and replies.

import { newIdempotencyKey } from "../shared/api.js";
import { confirmDialog } from "../shared/dialog.js";
import { el, icon } from "../shared/dom.js";
import { navigate } from "../shared/router.js";
import { avatar, byline } from "./avatar.js";
import { composer } from "./composer.js";
import { age, expiryRing } from "./expiry.js";
import { userText } from "./linkify.js";
import { reactionButtons } from "./reactions.js";
import { reportButton } from "./report.js";
import { session } from "./session.js";
import { shareButton } from "./share.js";

/** The path of an activity's thread. */
export function threadPath(activity) {
  return `/@${activity.handle}/status/${activity.uuid}`;
}

/** The article. `onRemoved` is called after it has expired or its author has deleted it. */
export function activityArticle(activity, { onRemoved = () => {} } = {}) {
  const labelId = `by-${activity.uuid}`;
  const replyList = el("ul", { class: "replies", "aria-label": "Replies" });
  const replySlot = el("div", { class: "reply-slot" });
  const count = el("span", {}, replyCountText(activity.replies_count));
  const replyToggle = replyButton();
  const reactions = reactionButtons(activity, showError);
  const article = el("article", { class: "activity", "aria-labelledby": labelId, id: `activity-${activity.uuid}` },
    activity.reposted_at && el("p", { class: "reposted small" }, icon("repost"), "Reposted"),
    avatar(activity),
    el("header", {},
      byline(activity, labelId),
      age(activity.created_at, threadPath(activity)),
      activity.expires_at && expiryRing(activity, () => fadeOut(article, onRemoved))),
    userText(activity.message),
    el("div", { class: "actions" }, replyToggle, reactions.buttons, shareButton(activity, threadPath(activity)),
      isOwn(activity) ? deleteButton() : reportButton(activity)),
    replySlot, replyList);
  reactions.addShortcuts(article);
  activity.replies.forEach(appendReply);

  function showError(error) {
    replySlot.replaceChildren(el("p", { class: "error small", role: "alert" }, error.message));
  }

  function appendReply(reply) {
    const item = el("li", {});
    item.append(activityArticle(reply, { onRemoved: () => { item.remove(); changeReplyCount(-1); } }));
    replyList.append(item);
  }

  function changeReplyCount(change) {
    activity.replies_count += change;
    count.textContent = replyCountText(activity.replies_count);
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
      target: `reply:${activity.uuid}`,
      label: `Reply to ${activity.display_name}`,
      placeholder: `Reply to @${activity.handle}`,
      action: "Reply",
      actionLabel: `Reply to ${activity.display_name}`,
      limit: session.config.limits.reply_max_chars,
      send: async (body, idempotencyKey) => {
        const path = `/api/activities/${activity.uuid}/reply`;
        const { data } = await session.send("POST", path, { body, idempotencyKey });
        replySlot.replaceChildren();
        appendReply(data);
        changeReplyCount(1);
      },
    });
    replySlot.replaceChildren(form);
    field.focus();
  }

  function deleteButton() {
    return el("button", { class: "action", type: "button", onclick: deleteActivity }, icon("bin"), el("span", { class: "narrow-hidden" }, "Delete"));
  }

  async function deleteActivity() {
    const count = activity.replies_count;
    const replies = count > 0 ? ` Its ${replyCountText(count)} will be deleted too.` : "";
    const isConfirmed = await confirmDialog("Delete this crud?", `It will be deleted for everyone, at once.${replies}`,
      { confirm: "Delete" });
    if (!isConfirmed) return;
    try {
      await session.send("DELETE", `/api/activities/${activity.uuid}`, { idempotencyKey: newIdempotencyKey() });
      fadeOut(article, onRemoved);
    } catch (error) {
      showError(error);
    }
  }

  return article;
}

/** Removes the article after its fade animation, or at once where the browser plays none. */
function fadeOut(article, onRemoved) {
  const remove = () => {
    article.remove();
    onRemoved();
  };
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
