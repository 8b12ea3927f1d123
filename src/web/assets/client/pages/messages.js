// Messages between two people: who I talk with, and one conversation.

import { connection } from "../../shared/connection.js";
import { el, icon } from "../../shared/dom.js";
import { emptyState, failure, placeholders } from "../../shared/states.js";
import { composer } from "../composer.js";
import { feed } from "../feed.js";
import { age } from "../lifetime.js";
import { portrait } from "../person.js";
import { prose } from "../prose.js";
import { session } from "../session.js";
import { signInFirst } from "./sign_in.js";

/** Between two looks at whether the other has answered. */
const LOOK_AGAIN = 5_000;

export function conversations(_, signal) {
  const heading = el("div", { class: "heading" }, el("h1", {}, "Messages"));
  if (!session.user) return { title: "Messages", nodes: [heading, signInFirst("to read your messages")] };
  const list = feed({
    path: "/api/message_groups",
    load: (address) => session.send("GET", address),
    draw: (group) => el("a", { class: "row", href: `/messages/${group.uuid}` },
      portrait(group),
      el("span", { class: "names" },
        el("bdi", { class: "name" }, group.display_name), " ", el("span", { class: "handle" }, `@${group.handle}`),
        el("span", { class: "excerpt", dir: "auto" }, group.message)),
      age(group.created_at)),
    empty: () => emptyState("No conversations", "Begin one from somebody’s page."),
    kind: "row",
    signal,
  });
  return { title: "Messages", nodes: [heading, list.box] };
}

export function conversation({ party }, signal) {
  const title = el("h1", {}, party.startsWith("@") ? party : "Conversation");
  const heading = el("div", { class: "heading" },
    el("a", { class: "button quiet back", href: "/messages" }, icon("back"), el("span", { class: "unseen" }, "Messages")), title);
  if (!session.user) return { title: "Messages", nodes: [heading, signInFirst("to read your messages")] };

  const path = `/api/messages/${party}`;
  const shown = new Set();
  let tag = null;
  const older = el("div", { class: "foot" });
  const list = el("ol", { class: "talk", "aria-live": "polite" });
  const state = el("div", {}, placeholders(3, "row"));
  const { form } = composer({
    label: "Message", placeholder: party.startsWith("@") ? `Write to ${party}` : "Write a message", action: "Send",
    limit: session.config.limits.direct_message_max_chars, deliver,
  });
  look();
  const timer = setInterval(() => document.hidden || connection.isLost || look(), LOOK_AGAIN);
  signal.addEventListener("abort", () => clearInterval(timer));
  connection.addEventListener("found", () => look(), { signal });
  return { title: "Conversation", nodes: [heading, older, list, state, form] };

  /** The newest messages, of which only the unknown are added. */
  async function look() {
    try {
      const answer = await session.send("GET", path, { tag, signal });
      const isFirst = tag === null;
      tag = answer.tag;
      if (answer.data) add(answer.data);
      if (isFirst && answer.next) offerOlder(answer.next);
      if (shown.size === 0) state.replaceChildren(emptyState("Nothing yet", "Say hello."));
    } catch (error) {
      if (signal.aborted || shown.size > 0) return;
      state.replaceChildren(failure(error));
      if (error.status === 404) form.remove();
    }
  }

  function add(messages) {
    const fresh = messages.filter(({ uuid }) => !shown.has(uuid));
    if (fresh.length === 0) return;
    state.replaceChildren();
    list.append(...fresh.map(item));
    list.lastElementChild.scrollIntoView({ block: "nearest" });
  }

  function offerOlder(address) {
    const button = el("button", { class: "button", type: "button", onclick: readOlder }, "Older messages");
    older.replaceChildren(button);
    async function readOlder() {
      button.disabled = true;
      try {
        const { data, next } = await session.send("GET", address, { signal });
        older.replaceChildren();
        list.prepend(...data.map(item));
        if (next) offerOlder(next);
      } catch (error) {
        if (!signal.aborted) older.replaceChildren(failure(error, () => offerOlder(address)));
      }
    }
  }

  async function deliver({ message }, key) {
    const receiver = party.startsWith("@") ? { user_receiver_handle: party.slice(1) } : { message_group_uuid: party };
    const { data } = await session.send("POST", "/api/messages", { body: { message, ...receiver }, key });
    add([data]);
  }

  function item(message) {
    shown.add(message.uuid);
    const isOwn = message.handle === session.user?.handle;
    if (!isOwn) title.replaceChildren(el("bdi", {}, message.display_name));
    return el("li", { class: isOwn ? "own" : "theirs" },
      el("span", { class: "unseen" }, isOwn ? "You: " : `${message.display_name}: `),
      prose(message.message), age(message.created_at));
  }
}
