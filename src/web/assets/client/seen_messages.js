// Which messages the user has seen in this browser: the time of the latest one of each conversation, in local storage.
// The server does not know what was seen.

/** The beginning of every key in local storage; a user's id follows. */
const PREFIX = "messages_seen:";
/** Stands for all conversations: what is as old as this is seen. */
const ALL = "";
/** The most conversations of which the time is kept. */
const MAX_CONVERSATIONS = 200;

/** Takes everything up to a time for seen, if the user is new in this browser. */
export function beginSeen(user, createdAt) {
  if (!(ALL in load(user))) store(user, { [ALL]: createdAt });
}

/** Whether the message of this time is seen. `party` names the conversation as its path does. */
export function isSeen(user, party, createdAt) {
  const seen = load(user);
  return createdAt <= (seen[party] ?? "") || createdAt <= (seen[ALL] ?? "");
}

/** The user has seen the conversation up to a message of this time. */
export function markSeen(user, party, createdAt) {
  if (!isSeen(user, party, createdAt)) store(user, { ...load(user), [party]: createdAt });
}

/** Calls `listener` when another tab has changed what is seen. */
export function onSeenElsewhere(listener) {
  addEventListener("storage", ({ key }) => key?.startsWith(PREFIX) && listener());
}

/** Deletes what is kept for every user. */
export function deleteSeenMessages() {
  Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)).forEach((key) => localStorage.removeItem(key));
}

function load(user) {
  return JSON.parse(localStorage.getItem(PREFIX + user)) ?? {};
}

/** Of too many conversations the earliest are dropped, and everything of their time is seen. */
function store(user, { [ALL]: all, ...parties }) {
  const latestFirst = Object.entries(parties).sort(([, one], [, other]) => (one < other ? 1 : -1));
  const dropped = latestFirst[MAX_CONVERSATIONS]?.[1] ?? "";
  const kept = { ...Object.fromEntries(latestFirst.slice(0, MAX_CONVERSATIONS)), [ALL]: dropped > (all ?? "") ? dropped : all };
  try {
    localStorage.setItem(PREFIX + user, JSON.stringify(kept));
  } catch {
    // The storage is full. The number of unread messages stays too high.
  }
}
