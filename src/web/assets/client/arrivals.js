// New cruds of a list. They wait behind a button that says how many there are, so that nothing moves while the user reads.

import { clock } from "../shared/clock.js";
import { el } from "../shared/dom.js";
import { reload } from "../shared/router.js";
import { tell, tellGone } from "./activity_events.js";
import { MAX_PAGE, withLimit } from "./feed.js";
import { focusItem } from "./focus.js";
import { keepCurrent } from "./keep_current.js";
import { live } from "./live/live.js";

/** With more new cruds than this, the button says so and loads the list anew. */
const MAX_WAITING = 500;

/**
 * Keeps the list at `path` current once `start(page)` was called with its first page. `load(url, options)` reads a page,
 * `belongs(activity)` says whether a crud of the live stream is one of this list. `element` is the button.
 */
export function arrivals({ list, path, load, topics, belongs, signal }) {
  const waiting = new Map();
  const button = el("button", { class: "button primary new-cruds", type: "button", hidden: true, onclick: show });
  /** A screen reader says once that there are new cruds, not at each further one. */
  const announcement = el("span", { class: "visually-hidden", role: "status" });
  const element = el("div", { class: "new-cruds-bar" }, button, announcement);
  /** The newest that the list showed first. A check needs no page that is older. */
  let newestLoaded = "";
  let etag = null;
  let isFull = false;
  /** What the live stream has told during a check, whose response may be older; null while there is no check. */
  let told = null;
  let check = () => {};
  return { element, start, check: () => check(), forget };

  function start(page) {
    etag = page.etag;
    newestLoaded = page.data.length > 0 ? position(page.data[0]) : "";
    clock.follow(button, forgetExpired);
    check = keepCurrent(compare, { topics, signal });
    live.addEventListener("activity", ({ detail }) => (belongs(detail) ? add(detail) : addReply(detail)), { signal });
    live.addEventListener("counts", ({ detail }) => Object.assign(waiting.get(detail.uuid) ?? {}, detail), { signal });
    for (const type of ["deleted", "expired"]) {
      live.addEventListener(type, ({ detail }) => {
        told?.add(detail.uuid);
        forget(detail.uuid);
        forgetReply(detail.uuid);
      }, { signal });
    }
  }

  function add(activity) {
    told?.add(activity.uuid);
    if (!isNew(activity, oldestLoaded())) return;
    waiting.set(activity.uuid, activity);
    render();
  }

  /** A waiting crud has the replies that the list would show. */
  function addReply(reply) {
    waiting.get(reply.reply_to_activity_uuid)?.replies.push(reply);
  }

  function forgetReply(uuid) {
    for (const activity of waiting.values()) activity.replies = activity.replies.filter((reply) => reply.uuid !== uuid);
  }

  function isNew(activity, oldest) {
    return !list.has(activity.uuid) && position(activity) > oldest;
  }

  /** What is older is on a page that the list will load. What is newer and not in the list is new, also in between. */
  function oldestLoaded() {
    return list.isComplete() ? "" : list.all().map(position).reduce((one, other) => (one < other ? one : other), newestLoaded);
  }

  /** The list shows it already, or it is gone. */
  function forget(uuid) {
    if (waiting.delete(uuid)) render();
  }

  /** A conditional request: the server answers 304 without a body where the list is unchanged. */
  async function compare() {
    told = new Set();
    try {
      const page = await load(path, { etag, signal });
      if (page.data && !signal.aborted) await take(page);
      etag = page.etag;
    } finally {
      told = null;
    }
  }

  async function take(page) {
    const activities = await withAllNewer(page);
    const found = new Set(activities.map(({ uuid }) => uuid));
    const oldest = oldestLoaded();
    for (const activity of activities.filter(({ uuid }) => !told.has(uuid))) {
      if (isNew(activity, oldest)) waiting.set(activity.uuid, activity);
      else tell(activity.uuid, "counts", activity);
    }
    removeMissing(found, page.next ? position(activities.at(-1)) : "");
    render();
  }

  /** Follows the pages until one reaches what is loaded already. */
  async function withAllNewer({ data, next }) {
    const activities = [...data];
    while (next && activities.length <= MAX_WAITING && position(activities.at(-1)) > newestLoaded) {
      const page = await load(withLimit(next, MAX_PAGE), { signal });
      activities.push(...page.data);
      next = page.next;
    }
    isFull ||= activities.length > MAX_WAITING && position(activities[MAX_WAITING]) > newestLoaded;
    return activities;
  }

  /** What is newer than the oldest of the pages and not on them is gone. */
  function removeMissing(found, oldest) {
    const isMissing = (activity) => !found.has(activity.uuid) && !told.has(activity.uuid) && position(activity) > oldest;
    [...waiting.values()].filter(isMissing).forEach(({ uuid }) => waiting.delete(uuid));
    list.all().filter(isMissing).forEach(({ uuid }) => tellGone(uuid, "gone"));
  }

  function render() {
    if (waiting.size > MAX_WAITING) isFull = true;
    if (isFull) waiting.clear();
    const number = waiting.size;
    const text = isFull ? `More than ${MAX_WAITING} new cruds` : `${number} new ${number === 1 ? "crud" : "cruds"}`;
    const isHidden = number === 0 && !isFull;
    if (isHidden !== button.hidden) announcement.textContent = isHidden ? "" : "There are new cruds.";
    button.hidden = isHidden;
    if (!isHidden && button.textContent !== text) button.textContent = text;
  }

  function show() {
    if (isFull) return reload();
    const activities = [...waiting.values()].sort((one, other) => (position(one) < position(other) ? 1 : -1));
    waiting.clear();
    render();
    newestLoaded = position(activities[0]);
    const first = list.prepend(...activities);
    scrollTo({ top: 0 });
    focusItem(first);
  }

  function forgetExpired(now) {
    for (const { uuid, expires_at: expires } of waiting.values()) {
      if (expires && Date.parse(expires) <= now) forget(uuid);
    }
    return now + 1_000;
  }
}

/** Sorts as the list does. */
function position({ uuid, created_at: created, reposted_at: reposted }) {
  return `${reposted ?? created} ${uuid}`;
}
