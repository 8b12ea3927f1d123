// The client's beginning: which address shows which page, who is signed in, and whether the server
// is there.

import { connection } from "../shared/connection.js";
import { el } from "../shared/dom.js";
import { failure } from "../shared/states.js";
import { portrait } from "./person.js";
import { go, reload, start } from "../shared/router.js";
import { session } from "./session.js";
import { home } from "./pages/home.js";
import { conversation, conversations } from "./pages/messages.js";
import { notifications } from "./pages/notifications.js";
import { search } from "./pages/search.js";
import { signIn } from "./pages/sign_in.js";
import { thread } from "./pages/thread.js";
import { user } from "./pages/user.js";

const ROUTES = [
  [/^\/$/, home],
  [/^\/search$/, search],
  [/^\/notifications$/, notifications],
  [/^\/messages$/, conversations],
  [/^\/messages\/(?<party>@\w{1,30}|[0-9a-f-]{36})$/i, conversation],
  [/^\/sign-in$/, signIn],
  [/^\/@(?<handle>\w{1,30})$/, user],
  [/^\/@(?<handle>\w{1,30})\/status\/(?<uuid>[0-9a-f-]{36})$/i, thread],
];

const banner = document.getElementById("banner");
const account = document.getElementById("account");

connection.addEventListener("lost", () => {
  banner.textContent = "Cruddur cannot be reached. Trying again until it answers.";
  banner.hidden = false;
});
connection.addEventListener("found", () => {
  banner.hidden = true;
});
session.addEventListener("change", drawAccount);

open();

async function open() {
  try {
    await session.open();
  } catch (error) {
    // Where the server is away it is found by itself; anything else is for a person to try again.
    document.getElementById("main").replaceChildren(failure(error, connection.isLost ? null : open));
    if (connection.isLost) connection.addEventListener("found", open, { once: true });
    return;
  }
  drawAccount();
  start("Cruddur", ROUTES);
}

function drawAccount() {
  if (!session.user) {
    account.replaceChildren(el("a", { class: "button", href: "/sign-in" }, "Sign in"));
    return;
  }
  account.replaceChildren(
    el("a", { class: "self", href: `/@${session.user.handle}` },
      portrait(session.user), el("span", {}, `@${session.user.handle}`)),
    el("button", { class: "button quiet", type: "button", onclick: signOut }, "Sign out"));
}

function signOut() {
  session.signOut();
  if (location.pathname === "/") reload();
  else go("/");
}
