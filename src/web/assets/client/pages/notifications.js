// Mentions: cruds that reply to the user or mention them.

import { el } from "../../shared/dom.js";
import { emptyState } from "../../shared/feedback.js";
import { activityArticle } from "../activity.js";
import { feed } from "../feed.js";
import { session } from "../session.js";
import { signInRequired } from "./sign_in.js";

export function notifications(_, signal) {
  const heading = el("div", { class: "heading" }, el("h1", {}, "Mentions"));
  if (!session.user) return { title: "Mentions", nodes: [heading, signInRequired("to see replies and mentions")] };
  const list = feed({
    path: "/api/activities/notifications?limit=20",
    load: (url) => session.send("GET", url),
    renderItem: (activity, onRemoved) => activityArticle(activity, { onRemoved }),
    renderEmpty: () => emptyState("Nobody has called", "Replies to you and mentions of you will be here."),
    signal,
  });
  return { title: "Mentions", nodes: [heading, list.element] };
}
