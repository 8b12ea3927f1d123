// Direct messages: the list of conversations, and one conversation.

import { el, icon } from "../../shared/dom.js";
import { emptyState, errorState, skeletons } from "../../shared/feedback.js";
import { setTitle } from "../../shared/router.js";
import { avatar } from "../avatar.js";
import { composer } from "../composer.js";
import { age } from "../expiry.js";
import { feed } from "../feed.js";
import { keepCurrent } from "../keep_current.js";
import { userText } from "../linkify.js";
import { live } from "../live/live.js";
import { session } from "../session.js";
import { oneLine } from "../titles.js";
import { partyOf, unreadMessages } from "../unread_messages.js";
import { signInRequired } from "./sign_in.js";

const NO_EXPIRY = "Messages do not expire, unlike cruds.";
/** Milliseconds between two checks for new messages without the live stream. */
const POLL_INTERVAL = 5_000;
const GROUPS = "/api/message_groups?limit=20";

export function conversations(_, signal, place) {
  const heading = el("div", { class: "heading" }, el("h1", {}, "Messages"));
  if (!session.user) return { title: "Messages", nodes: [heading, signInRequired("to read your messages")] };
  let etag = null;
  const list = feed({
    path: GROUPS,
    load: (url) => session.send("GET", url),
    // By handle, as on the user's page, because the draft of a conversation belongs to its path. A user who has deleted
    // the account has none.
    renderItem: (group) => el("a", { class: "row", href: `/messages/${partyOf(group)}` },
      avatar(group),
      el("span", { class: "names" },
        el("bdi", { class: "name" }, group.display_name), " ", group.handle && el("span", { class: "handle" }, `@${group.handle}`),
        el("span", { class: "excerpt", dir: "auto" }, group.message)),
      age(group.created_at)),
    renderEmpty: () => emptyState("No conversations", "Start one from another user’s page."),
    onFirstPage: (page) => {
      etag = page.etag;
      const check = keepCurrent(showLatest, { topics: ["messages"], signal });
      live.addEventListener("message", check, { signal });
    },
    kind: "row",
    signal,
    place,
  });
  return { title: "Messages", nodes: [heading, note(), list.element], ready: list.ready };

  /** The latest conversations come first, also those that the list holds already. */
  async function showLatest() {
    const page = await session.send("GET", GROUPS, { etag, signal });
    etag = page.etag;
    if (!page.data) return;
    const focused = document.activeElement?.getAttribute("href");
    const position = page.data.findLastIndex(isChanged);
    const changed = page.data.slice(0, position + 1);
    changed.forEach(({ uuid }) => list.take(uuid));
    list.prepend(...changed);
    if (focused) list.element.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  function isChanged({ uuid, created_at }) {
    return list.all().find((group) => group.uuid === uuid)?.created_at !== created_at;
  }
}

function note() {
  return el("p", { class: "prompt muted" }, NO_EXPIRY);
}

/** `party` is the other user's handle with an @, or the uuid of the conversation. */
export function conversation({ party }, signal) {
  const title = el("h1", {}, party.startsWith("@") ? party : "Conversation");
  const heading = el("div", { class: "heading" },
    el("a", { class: "button quiet back", href: "/messages", "data-back": true }, icon("back"), el("span", { class: "visually-hidden" }, "Messages")), title);
  if (!session.user) return { title: "Messages", nodes: [heading, signInRequired("to read your messages")] };

  const path = `/api/messages/${party}?limit=20`;
  const uuids = new Set();
  let etag = null;
  /** When the latest message was stored. */
  let latest = null;
  const older = el("div", { class: "feed-footer" });
  const list = el("ol", { class: "conversation", "aria-live": "polite" });
  const feedback = el("div", {}, skeletons(3, "row"));
  const { form } = composer({
    target: `conversation:${party.toLowerCase()}`,
    label: "Message", placeholder: party.startsWith("@") ? `Write to ${party}` : "Write a message", action: "Send",
    limit: session.config.limits.direct_message_max_chars, send,
  });
  const check = keepCurrent(loadNewest, { topics: ["messages"], signal, interval: POLL_INTERVAL });
  live.addEventListener("message", check, { signal });
  document.addEventListener("visibilitychange", markSeen, { signal });
  loadFirst();
  return { title: `Conversation with ${party}`, nodes: [heading, note(), older, list, feedback, form] };

  async function loadFirst() {
    try {
      await loadNewest();
    } catch (error) {
      if (signal.aborted) return;
      feedback.replaceChildren(errorState(error));
      if (error.status === 404) form.remove();
    }
  }

  async function loadNewest() {
    if (!session.user) return;
    const page = await session.send("GET", path, { etag, signal });
    const isFirst = etag === null;
    etag = page.etag;
    if (page.data) append(page.data);
    if (isFirst && page.next) showOlderButton(page.next);
    if (uuids.size === 0) feedback.replaceChildren(emptyState("Nothing yet", "Say hello."));
  }

  /** Appends those messages that are not shown yet. */
  function append(messages) {
    const unshown = messages.filter(({ uuid }) => !uuids.has(uuid));
    if (unshown.length === 0) return;
    feedback.replaceChildren();
    list.append(...unshown.map(listItem));
    latest = messages.at(-1).created_at;
    markSeen();
    list.lastElementChild.scrollIntoView({ block: "nearest" });
  }

  function markSeen() {
    if (latest && !document.hidden) unreadMessages.markSeen(party, latest);
  }

  function showOlderButton(url) {
    const button = el("button", { class: "button", type: "button", onclick: loadOlder }, "Older messages");
    older.replaceChildren(button);
    async function loadOlder() {
      button.disabled = true;
      try {
        const { data, next } = await session.send("GET", url, { signal });
        older.replaceChildren();
        list.prepend(...data.map(listItem));
        if (next) showOlderButton(next);
      } catch (error) {
        if (!signal.aborted) older.replaceChildren(errorState(error, () => showOlderButton(url)));
      }
    }
  }

  async function send({ message }, idempotencyKey) {
    const receiver = party.startsWith("@") ? { user_receiver_handle: party.slice(1) } : { message_group_uuid: party };
    const { data } = await session.send("POST", "/api/messages", { body: { message, ...receiver }, idempotencyKey });
    append([data]);
  }

  function showName(name) {
    if (signal.aborted) return;
    title.replaceChildren(el("bdi", {}, name));
    setTitle(`Conversation with ${oneLine(name)}`);
  }

  function listItem(message) {
    uuids.add(message.uuid);
    const isOwn = message.handle === session.user?.handle;
    if (!isOwn) showName(message.display_name);
    return el("li", { class: isOwn ? "own" : "theirs" },
      el("span", { class: "visually-hidden" }, isOwn ? "You: " : `${message.display_name}: `),
      userText(message.message), age(message.created_at));
  }
}
