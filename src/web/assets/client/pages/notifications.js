// Notices: who replied to the user, mentioned them, or liked or reposted what they wrote.

import { el } from "../../shared/dom.js";
import { emptyState } from "../../shared/feedback.js";
import { activityArticle, threadPath } from "../activity.js";
import { tellGone } from "../activity_events.js";
import { avatar } from "../avatar.js";
import { age, expiryRing } from "../expiry.js";
import { feed, MAX_PAGE, withLimit } from "../feed.js";
import { live } from "../live/live.js";
import { session } from "../session.js";
import { unreadNotices } from "../unread_notices.js";
import { signInRequired } from "./sign_in.js";

const PAGE_SIZE = 20;
const NOTICES = `/api/notifications?limit=${PAGE_SIZE}`;

export function notifications(_, signal, place) {
  const heading = el("div", { class: "heading" }, el("h1", {}, "Notices"));
  if (!session.user) return { title: "Notices", nodes: [heading, signInRequired("to see your notices")] };
  const list = feed({
    path: NOTICES,
    load: (url) => session.send("GET", url),
    renderItem: noticeItem,
    renderEmpty: () => emptyState("No notices", "You find here who replies to you, mentions you, or likes or reposts your cruds."),
    onFirstPage: ({ data }) => {
      markShown(data);
      unreadNotices.addEventListener("change", showNew, { signal });
    },
    signal,
    place,
  });
  // What happens to the cruds that the notices are about.
  live.follow(["home"], signal);
  return { title: "Notices", nodes: [heading, list.element], ready: list.ready };

  async function showNew() {
    if (unreadNotices.count === 0 || !session.user) return;
    try {
      const notices = await loadUnread();
      list.prepend(...notices);
      markShown(notices);
    } catch {
      // The number in the navigation says that there are more.
    }
  }

  /** The latest notices, at least as many as are unread: those come first. */
  async function loadUnread() {
    const notices = [];
    let url = withLimit(NOTICES, Math.min(Math.max(unreadNotices.count, PAGE_SIZE), MAX_PAGE));
    while (url && notices.length < unreadNotices.count) {
      const { data, next } = await session.send("GET", url, { signal });
      notices.push(...data);
      url = next;
    }
    return notices;
  }

  /** Marks the unread ones of these notices, the latest of which comes first, once the user can see them. */
  function markShown(notices) {
    const unread = notices.filter(({ read }) => !read).map(({ uuid }) => uuid);
    if (unread.length === 0) return;
    if (!document.hidden) return unreadNotices.markRead(unread);
    document.addEventListener("visibilitychange", () => markShown(notices), { once: true, signal });
  }
}

function noticeItem(notice, onRemoved) {
  const isReaction = notice.kind === "like" || notice.kind === "repost";
  return el("div", { class: `notice-item ${notice.read ? "" : "unread"}` },
    isReaction ? reaction(notice, onRemoved) : [sentence(notice), activityArticle(notice.activity, { onRemoved })]);
}

/** A like or repost, with the beginning of the user's own crud, which may have several. */
function reaction(notice, onRemoved) {
  const { activity } = notice;
  const element = el("div", { class: "reaction", "data-activity": activity.uuid, "data-parent": activity.reply_to_activity_uuid },
    avatar(notice.actor),
    el("div", { class: "reaction-text" },
      sentence(notice, " · ", age(notice.created_at)),
      el("a", { class: "excerpt", dir: "auto", href: threadPath(activity) }, activity.message)),
    activity.expires_at && expiryRing(activity, () => tellGone(activity.uuid, "expired")));
  element.addEventListener("gone", onRemoved);
  return element;
}

/** What happened, in words: "Mei Lin liked your crud". */
function sentence({ kind, actor, activity, read }, ...more) {
  const own = activity.reply_to_activity_uuid ? "your reply" : "your crud";
  const words = { reply: "replied to you", mention: "mentioned you", like: `liked ${own}`, repost: `reposted ${own}` };
  return el("p", { class: "sentence" },
    !read && el("span", { class: "visually-hidden" }, "Unread: "),
    el("a", { href: `/@${actor.handle}` }, el("bdi", { class: "name" }, actor.display_name)),
    ` ${words[kind]}`, ...more);
}
