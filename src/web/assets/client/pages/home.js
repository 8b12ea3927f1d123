// Home: the newest cruds of all users, and the form for a new one.

import { el } from "../../shared/dom.js";
import { emptyState } from "../../shared/feedback.js";
import { activityArticle } from "../activity.js";
import { arrivals } from "../arrivals.js";
import { composer } from "../composer.js";
import { feed } from "../feed.js";
import { readActivities } from "../reactions.js";
import { session } from "../session.js";

const HOME = "/api/activities/home?limit=20";

export function home(_, signal, place) {
  const list = feed({
    path: HOME,
    // Without a user the request uses the browser's preload.
    load: (url) => readActivities(url),
    renderItem: (activity, onRemoved) => activityArticle(activity, { onRemoved }),
    renderEmpty: () => emptyState("All quiet", "Whatever was said here has had its time. Say something new."),
    onFirstPage: (page) => newCruds.start(page),
    signal,
    place,
  });
  const newCruds = arrivals({
    list,
    path: HOME,
    load: readActivities,
    topics: ["home"],
    belongs: (activity) => !activity.reply_to_activity_uuid && !activity.reposted_at,
    signal,
  });

  function showOwn(activity) {
    newCruds.forget(activity.uuid);
    list.prepend(activity);
  }

  const heading = el("div", { class: "heading" }, el("h1", {}, "Home"));
  const top = el("div", { class: "top" });
  /** When a session ends, the form with its text stays. */
  function renderTop() {
    if (session.hasEnded && top.firstChild) return;
    top.replaceChildren(session.user ? activityForm(showOwn) : signInPrompt());
  }
  session.addEventListener("change", renderTop, { signal });
  renderTop();
  return { title: "Home", nodes: [heading, top, newCruds.element, list.element], ready: list.ready };
}

function activityForm(onStored) {
  const { form } = composer({
    target: "home",
    label: "What is going on?",
    placeholder: "What is going on?",
    action: "Crud",
    limit: session.config.limits.message_max_chars,
    ttls: session.config.ttls,
    send: async (body, idempotencyKey) => {
      const { data } = await session.send("POST", "/api/activities", { body, idempotencyKey });
      onStored(data);
    },
  });
  return form;
}

function signInPrompt() {
  return el("p", { class: "prompt muted" }, el("a", { href: "/sign-in" }, "Sign in"), " to write a crud.");
}
