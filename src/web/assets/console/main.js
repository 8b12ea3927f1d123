// The console's beginning: which address shows which page, whether an operator is signed in, and
// whether the server is there.

import { connection } from "../shared/connection.js";
import { el } from "../shared/dom.js";
import { reload, start } from "../shared/router.js";
import { operator } from "./operator.js";
import { audit } from "./pages/audit.js";
import { migrations } from "./pages/migrations.js";
import { securityGroup } from "./pages/security_group.js";
import { seeds } from "./pages/seeds.js";
import { sessions } from "./pages/sessions.js";
import { signIn } from "./pages/sign_in.js";
import { status } from "./pages/status.js";

const PAGES = {
  "/console": status,
  "/console/migrations": migrations,
  "/console/seeds": seeds,
  "/console/sessions": sessions,
  "/console/security-group": securityGroup,
  "/console/audit": audit,
};

const banner = document.getElementById("banner");
const account = document.getElementById("account");

connection.addEventListener("lost", () => {
  banner.textContent = "The server cannot be reached. What is shown is old; trying again until it answers.";
  banner.hidden = false;
});
connection.addEventListener("found", () => {
  banner.hidden = true;
});
operator.addEventListener("change", () => {
  drawAccount();
  reload();
});

drawAccount();
start("Console", Object.entries(PAGES).map(([path, page]) => [new RegExp(`^${path}$`), guarded(page)]));

/** Every page has the door before it. */
function guarded(page) {
  return (groups, signal) => (operator.isSignedIn ? page(groups, signal) : signIn());
}

function drawAccount() {
  account.replaceChildren(...(operator.isSignedIn
    ? [el("button", { class: "button quiet", type: "button", onclick: () => operator.signOut() }, "Sign out")]
    : []));
}
