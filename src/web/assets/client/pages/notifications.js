// What concerns me: replies to what I said, and where I was named.

import { el } from "../../shared/dom.js";
import { emptyState } from "../../shared/states.js";
import { activityArticle } from "../activity.js";
import { feed } from "../feed.js";
import { session } from "../session.js";
import { signInFirst } from "./sign_in.js";

export function notifications(_, signal) {
  const heading = el("div", { class: "heading" }, el("h1", {}, "Mentions"));
  if (!session.user) return { title: "Mentions", nodes: [heading, signInFirst("to see who answered you")] };
  const list = feed({
    path: "/api/activities/notifications",
    load: (address) => session.send("GET", address),
    draw: (activity, removed) => activityArticle(activity, { removed }),
    empty: () => emptyState("Nobody has called", "Replies to you and mentions of you will be here."),
    signal,
  });
  return { title: "Mentions", nodes: [heading, list.box] };
}
