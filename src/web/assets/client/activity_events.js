// Tells every place of the page that shows a crud what happens to it: an article, a notice, a text that is written below
// it. Each place is an element with `data-activity` and listens to these events on it:
//
//   counts   the numbers of replies, reposts and likes, as `detail`
//   reply    a new direct reply, as `detail`
//   gone     it has expired or was deleted; `detail` is the reason

import { live } from "./live/live.js";

/** Tells all places what the live stream tells. */
export function tellLiveEvents() {
  live.addEventListener("counts", ({ detail }) => tell(detail.uuid, "counts", detail));
  live.addEventListener("deleted", ({ detail }) => tellGone(detail.uuid, "deleted"));
  live.addEventListener("expired", ({ detail }) => tellGone(detail.uuid, "expired"));
  live.addEventListener("profile", ({ detail }) => tellName(detail.handle, detail.display_name));
  live.addEventListener("activity", ({ detail: activity }) => {
    const parent = activity.reply_to_activity_uuid;
    if (parent) tell(parent, "reply", activity);
  });
}

/** Tells the places of one activity. */
export function tell(uuid, type, detail) {
  for (const element of findAll("activity", uuid)) element.dispatchEvent(new CustomEvent(type, { detail }));
}

/**
 * The activity is gone, and with it what hangs below it, of which the server says nothing more. `reason` is `expired`,
 * `deleted`, or `gone` for either.
 */
export function tellGone(uuid, reason) {
  const replies = findAll("parent", uuid).map(({ dataset }) => dataset.activity);
  tell(uuid, "gone", reason);
  replies.forEach((reply) => tellGone(reply, reason));
}

/** The author has another name. */
function tellName(handle, name) {
  for (const element of document.querySelectorAll(`a[href="/@${CSS.escape(handle)}"] .name`)) element.textContent = name;
}

function findAll(key, uuid) {
  return [...document.querySelectorAll(`[data-${key}="${CSS.escape(uuid)}"]`)];
}
