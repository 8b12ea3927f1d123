// Signing in, by the kind that the server offers: pick one of the demo's people, go to Cognito's
// page, or not at all.

import { send } from "../../shared/api.js";
import { el } from "../../shared/dom.js";
import { emptyState, failure, placeholders } from "../../shared/states.js";
import { portrait } from "../person.js";
import { go } from "../../shared/router.js";
import { session } from "../session.js";

/** In place of a page that is only for somebody. */
export function signInFirst(purpose) {
  return emptyState("Who are you?", `Sign in ${purpose}.`,
    el("a", { class: "button primary", href: "/sign-in" }, "Sign in"));
}

export function signIn(_, signal) {
  const heading = el("div", { class: "heading" }, el("h1", {}, "Sign in"));
  const ways = { development: people, cognito: hostedPage, none: noWay };
  return { title: "Sign in", nodes: [heading, ways[session.config.sign_in.kind](signal)] };
}

function people(signal) {
  const room = el("div", {}, placeholders(6, "row"));
  const trouble = (error) => signal.aborted || room.replaceChildren(failure(error, () => go("/sign-in", { replace: true })));
  send("GET", "/api/dev/users", { signal }).then(({ data }) => {
    room.replaceChildren(el("ul", { class: "rows" }, data.map(choice)));
  }, trouble);
  return el("section", { class: "sign-in" },
    el("p", { class: "soft" }, "This is a development server: be whoever you like."), room);

  function choice(person) {
    const pick = () => session.signInAs(person.handle).then(() => go("/"), trouble);
    return el("li", {}, el("button", { class: "row", type: "button", onclick: pick },
      portrait(person),
      el("span", { class: "names" },
        el("bdi", { class: "name" }, person.display_name), el("span", { class: "handle" }, `@${person.handle}`))));
  }
}

function hostedPage() {
  if (!session.config.sign_in.domain) {
    return emptyState("No sign-in page", "This server knows a user pool, but not the address of its sign-in page.");
  }
  return emptyState("Welcome back", "You sign in on a page of Amazon Cognito, and come back here.",
    el("button", { class: "button primary", type: "button", onclick: () => session.signInWithCognito("/") }, "Go to sign-in"));
}

function noWay() {
  return emptyState("Read only", "Nobody can sign in to this server. Reading needs no name.");
}
