// Sign-in by the server's configuration: a list of development users, Cognito's hosted UI, or none.

import { send } from "../../shared/api.js";
import { el } from "../../shared/dom.js";
import { emptyState, errorState, skeletons } from "../../shared/feedback.js";
import { navigate, previousPath } from "../../shared/router.js";
import { avatar } from "../avatar.js";
import { session } from "../session.js";

/** In place of a page that needs a signed-in user. `purpose` completes "Sign in …". */
export function signInRequired(purpose) {
  return emptyState("Who are you?", `Sign in ${purpose}.`,
    el("a", { class: "button primary", href: "/sign-in" }, "Sign in"));
}

export function signIn(_, signal) {
  const heading = el("div", { class: "heading" }, el("h1", {}, "Sign in"));
  const kinds = { development: developmentUsers, cognito: hostedUi, none: readOnly };
  return { title: "Sign in", nodes: [heading, kinds[session.config.sign_in.kind](signal)] };
}

function developmentUsers(signal) {
  const list = el("div", {}, skeletons(6, "row"));
  const showError = (error) => signal.aborted || list.replaceChildren(errorState(error, () => navigate("/sign-in", { replace: true })));
  send("GET", "/api/dev/users", { signal }).then(({ data }) => {
    list.replaceChildren(el("ul", { class: "rows" }, data.map(userRow)));
  }, showError);
  return el("section", { class: "sign-in" },
    el("p", { class: "muted" }, "This is a development server. Choose any user; there are no passwords."), list);

  function userRow(user) {
    const onclick = () => session.signInAs(user.handle).then(goBack, showError);
    return el("li", {}, el("button", { class: "row", type: "button", onclick },
      avatar(user),
      el("span", { class: "names" },
        el("bdi", { class: "name" }, user.display_name), el("span", { class: "handle" }, `@${user.handle}`))));
  }
}

/** To the page from which the user came to sign in, with what is written there. */
function goBack() {
  if (previousPath()) history.back();
  else navigate("/");
}

function hostedUi() {
  if (!session.config.sign_in.domain) {
    return emptyState("Sign-in is not available", "This server has a Cognito user pool, but COGNITO_DOMAIN, the address of its sign-in page, is not set.");
  }
  return emptyState("Welcome back", "You sign in on a page of Amazon Cognito, which brings you back here.",
    el("button", { class: "button primary", type: "button", onclick: () => session.signInWithCognito(previousPath() ?? "/") }, "Go to sign-in"));
}

function readOnly() {
  return emptyState("Read only", "This server has no sign-in. Reading needs none.");
}
