// The console's entry point: the routes, the sign-in in front of every page, and the banner for a
// lost connection.

import { connection } from "../shared/connection.js";
import { el } from "../shared/dom.js";
import { reload, startRouter } from "../shared/router.js";
import { operator } from "./operator.js";
import { audit } from "./pages/audit.js";
import { backup } from "./pages/backup.js";
import { inspect } from "./pages/inspect.js";
import { jobs } from "./pages/jobs.js";
import { migrations } from "./pages/migrations.js";
import { reports } from "./pages/reports.js";
import { securityGroup } from "./pages/security_group.js";
import { seeds } from "./pages/seeds.js";
import { sessions } from "./pages/sessions.js";
import { settings } from "./pages/settings.js";
import { signIn } from "./pages/sign_in.js";
import { statusPage } from "./pages/status.js";
import { users } from "./pages/users.js";

const PAGES = {
  "/console": statusPage,
  "/console/migrations": migrations,
  "/console/seeds": seeds,
  "/console/backup": backup,
  "/console/inspect": inspect,
  "/console/sessions": sessions,
  "/console/security-group": securityGroup,
  "/console/reports": reports,
  "/console/users": users,
  "/console/audit": audit,
  "/console/jobs": jobs,
  "/console/settings": settings,
};

const banner = document.getElementById("banner");
const account = document.getElementById("account");

connection.addEventListener("lost", () => {
  banner.textContent = "The server cannot be reached. The values shown are out of date. Retrying until it answers.";
  banner.hidden = false;
});
connection.addEventListener("restored", () => {
  banner.hidden = true;
});
operator.addEventListener("change", () => {
  renderAccount();
  reload();
});

renderAccount();
startRouter("Console", Object.entries(PAGES).map(([path, page]) => [new RegExp(`^${path}$`), signedIn(page)]));

/** Shows the sign-in form in place of the page while no operator is signed in. */
function signedIn(page) {
  return (groups, signal) => (operator.isSignedIn ? page(groups, signal) : signIn());
}

function renderAccount() {
  account.replaceChildren(...(operator.isSignedIn
    ? [el("button", { class: "button quiet", type: "button", onclick: () => operator.signOut() }, "Sign out")]
    : []));
}
