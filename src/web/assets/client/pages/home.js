// Home: the newest cruds of all users, and the form for a new one.

import { connection } from "../../shared/connection.js";
import { el } from "../../shared/dom.js";
import { emptyState } from "../../shared/feedback.js";
import { activityArticle } from "../activity.js";
import { composer } from "../composer.js";
import { feed } from "../feed.js";
import { readActivities } from "../reactions.js";
import { session } from "../session.js";

const HOME = "/api/activities/home?limit=20";
/** Milliseconds between two checks for new cruds. */
const POLL_INTERVAL = 15_000;

export function home(_, signal) {
  const newButton = el("button", { class: "button primary new-cruds", type: "button", hidden: true, onclick: showNew });
  let etag = null;
  let unshown = [];
  const list = feed({
    path: HOME,
    // Without a user the request uses the browser's preload.
    load: (url) => readActivities(url),
    renderItem: (activity, onRemoved) => activityArticle(activity, { onRemoved }),
    renderEmpty: () => emptyState("All quiet", "Whatever was said here has had its time. Say something new."),
    onFirstPage: (page) => { etag = page.etag; },
    signal,
  });
  const timer = setInterval(() => document.hidden || checkForNew(), POLL_INTERVAL);
  signal.addEventListener("abort", () => clearInterval(timer));
  document.addEventListener("visibilitychange", () => document.hidden || checkForNew(), { signal });
  connection.addEventListener("restored", checkForNew, { signal });

  /** A conditional request: the server answers 304 without a body where home is unchanged. */
  async function checkForNew() {
    if (!etag || connection.isLost) return;
    try {
      const page = await readActivities(HOME, { etag, signal });
      etag = page.etag;
      if (page.data) announce(page.data);
    } catch {
      // The next check tries again; the banner shows a lost connection.
    }
  }

  function announce(activities) {
    unshown = activities.filter(({ uuid }) => !list.has(uuid));
    newButton.textContent = `${unshown.length} new ${unshown.length === 1 ? "crud" : "cruds"}`;
    newButton.hidden = unshown.length === 0;
  }

  function showNew() {
    list.prepend(...unshown);
    newButton.hidden = true;
    scrollTo({ top: 0 });
  }

  const heading = el("div", { class: "heading" }, el("h1", {}, "Home"));
  const top = el("div", { class: "top" });
  function renderTop() {
    top.replaceChildren(session.user ? activityForm(list) : signInPrompt());
  }
  session.addEventListener("change", renderTop, { signal });
  renderTop();
  return { title: "Home", nodes: [heading, top, el("div", { role: "status", class: "new-cruds-bar" }, newButton), list.element] };
}

function activityForm(list) {
  const { form } = composer({
    target: "home",
    label: "What is going on?",
    placeholder: "What is going on?",
    action: "Crud",
    limit: session.config.limits.message_max_chars,
    ttls: session.config.ttls,
    send: async (body, idempotencyKey) => {
      const { data } = await session.send("POST", "/api/activities", { body, idempotencyKey });
      list.prepend(data);
    },
  });
  return form;
}

function signInPrompt() {
  return el("p", { class: "prompt muted" }, el("a", { href: "/sign-in" }, "Sign in"), " to write a crud.");
}
