// The client's entry point: the routes, the account and the numbers of unread notices and messages in the header, and
// the banners for a lost connection and a session that has ended.

import { connection } from "../shared/connection.js";
import { el } from "../shared/dom.js";
import { errorState } from "../shared/feedback.js";
import { navigate, reload, startRouter } from "../shared/router.js";
import { tellLiveEvents } from "./activity_events.js";
import { avatar } from "./avatar.js";
import { live } from "./live/live.js";
import { session } from "./session.js";
import { unreadNotices } from "./unread_notices.js";
import { unreadMessages } from "./unread_messages.js";
import { home } from "./pages/home.js";
import { thread } from "./pages/thread.js";
import { userPage } from "./pages/user.js";

/** Pages that are rarely the first. They are loaded after it, or when the user goes there before. */
const LATER = {
  messages: () => import("./pages/messages.js"),
  notifications: () => import("./pages/notifications.js"),
  search: () => import("./pages/search.js"),
  signIn: () => import("./pages/sign_in.js"),
};
/** Milliseconds after the first page. */
const LATER_DELAY = 2_000;

const ROUTES = [
  [/^\/$/, home],
  [/^\/search$/, later("search", "search")],
  [/^\/notifications$/, later("notifications", "notifications")],
  [/^\/messages$/, later("messages", "conversations")],
  [/^\/messages\/(?<party>@\w{1,30}|[0-9a-f-]{36})$/i, later("messages", "conversation")],
  [/^\/sign-in$/, later("signIn", "signIn")],
  [/^\/@(?<handle>\w{1,30})$/, userPage],
  [/^\/@(?<handle>\w{1,30})\/status\/(?<uuid>[0-9a-f-]{36})$/i, thread],
];

const banner = document.getElementById("banner");
const account = document.getElementById("account");
const endedBanner = document.getElementById("session-ended");

connection.addEventListener("lost", () => {
  banner.textContent = "The server cannot be reached. Retrying until it answers.";
  banner.hidden = false;
});
connection.addEventListener("restored", () => {
  banner.hidden = true;
});
session.addEventListener("change", renderAccount);
session.addEventListener("change", renderSessionEnd);
for (const [unread, id] of [[unreadNotices, "unread"], [unreadMessages, "unread-messages"]]) {
  unread.addEventListener("change", () => renderBadge(document.getElementById(id), unread.count));
}

startClient();

async function startClient() {
  try {
    await session.open();
  } catch (error) {
    // A lost connection is retried when it is restored; any other error has a button to retry.
    document.getElementById("main").replaceChildren(errorState(error, connection.isLost ? null : startClient));
    if (connection.isLost) connection.addEventListener("restored", startClient, { once: true });
    return;
  }
  renderAccount();
  renderSessionEnd();
  // Without it the parts of the page ask regularly.
  live.start().catch(() => {});
  tellLiveEvents();
  unreadNotices.watch();
  unreadMessages.watch();
  startRouter("Cruddur", ROUTES);
  setTimeout(() => Object.values(LATER).forEach((load) => load().catch(() => {})), LATER_DELAY);
}

function later(module, page) {
  return async (...parameters) => (await LATER[module]())[page](...parameters);
}

function renderAccount() {
  if (!session.user) {
    account.replaceChildren(el("a", { class: "button", href: "/sign-in" }, "Sign in"));
    return;
  }
  account.replaceChildren(
    el("a", { class: "self", href: `/@${session.user.handle}` },
      avatar(session.user), el("span", {}, `@${session.user.handle}`)),
    el("button", { class: "button quiet", type: "button", onclick: signOut }, "Sign out"));
}

/** What is being written stays where it is; signing in returns to it. */
function renderSessionEnd() {
  endedBanner.hidden = !session.hasEnded;
  endedBanner.replaceChildren(...(session.hasEnded
    ? ["Your session has ended. What you have written is kept. ", el("a", { href: "/sign-in" }, "Sign in again")] : []));
}

function renderBadge(badge, count) {
  badge.hidden = count === 0;
  badge.replaceChildren(
    el("span", { "aria-hidden": "true" }, count < 100 ? `${count}` : "99+"),
    el("span", { class: "visually-hidden" }, count < 1_000 ? `${count} unread` : "1,000 or more unread"));
}

function signOut() {
  session.signOut();
  if (location.pathname === "/") reload();
  else navigate("/");
}
