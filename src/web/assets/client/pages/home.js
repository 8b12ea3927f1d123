// Home: what everybody says, newest first, and the field to say something oneself.

import { connection } from "../../shared/connection.js";
import { send } from "../../shared/api.js";
import { el } from "../../shared/dom.js";
import { emptyState } from "../../shared/states.js";
import { activityArticle } from "../activity.js";
import { composer } from "../composer.js";
import { feed } from "../feed.js";
import { session } from "../session.js";

const HOME = "/api/activities/home";
/** Between two looks at whether there is anything new. */
const LOOK_AGAIN = 15_000;

export function home(_, signal) {
  const news = el("button", { class: "button primary news", type: "button", hidden: true, onclick: showNews });
  let tag = null;
  let waiting = [];
  const list = feed({
    path: HOME,
    // The same for everyone, and asked for without a token: a browser has it before the scripts.
    load: (address) => send("GET", address),
    draw: (activity, removed) => activityArticle(activity, { removed }),
    empty: () => emptyState("All quiet", "Whatever was said here has had its time. Say something new."),
    arrived: (answer) => { tag = answer.tag; },
    signal,
  });
  const timer = setInterval(() => document.hidden || look(), LOOK_AGAIN);
  signal.addEventListener("abort", () => clearInterval(timer));
  document.addEventListener("visibilitychange", () => document.hidden || look(), { signal });
  connection.addEventListener("found", look, { signal });

  /** 304 means that nothing has changed; nothing is sent then. */
  async function look() {
    if (!tag || connection.isLost) return;
    try {
      const answer = await send("GET", HOME, { tag, signal });
      tag = answer.tag;
      if (answer.data) announce(answer.data);
    } catch {
      // There is a next time; that the server is away is said elsewhere.
    }
  }

  function announce(activities) {
    waiting = activities.filter(({ uuid }) => !list.has(uuid));
    news.textContent = `${waiting.length} new`;
    news.hidden = waiting.length === 0;
  }

  function showNews() {
    list.prepend(...waiting);
    news.hidden = true;
    scrollTo({ top: 0 });
  }

  const heading = el("div", { class: "heading" }, el("h1", {}, "Home"));
  const top = el("div", { class: "top" });
  function drawTop() {
    top.replaceChildren(session.user ? writer(list) : invitation());
  }
  session.addEventListener("change", drawTop, { signal });
  drawTop();
  return { title: "Home", nodes: [heading, top, el("div", { role: "status", class: "newsline" }, news), list.box] };
}

function writer(list) {
  const { form } = composer({
    label: "What is going on?",
    placeholder: "What is going on?",
    action: "Crud",
    limit: session.config.limits.message_max_chars,
    ttls: session.config.ttls,
    deliver: async (body, key) => {
      const { data } = await session.send("POST", "/api/activities", { body, key });
      list.prepend(data);
    },
  });
  return form;
}

function invitation() {
  return el("p", { class: "invitation soft" },
    el("a", { href: "/sign-in" }, "Sign in"), " to say something. It will not be held against you for long.");
}
