// Users: looks one up by handle, suspends and reinstates users, and lists the suspended ones.

import { el } from "../../shared/dom.js";
import { timestamp } from "../format.js";
import { operator } from "../operator.js";
import { operationButton, panel, resultLine } from "../panel.js";
import { findUser, reinstate, suspend } from "../suspension.js";
import { badge, table } from "../table.js";

const PATH = "/admin/users";

export function users(_, signal) {
  const result = resultLine();
  const field = el("input", { autocomplete: "off", autocapitalize: "none", spellcheck: "false", required: true });
  const form = el("form", { class: "look-up", onsubmit: lookUp },
    el("label", { class: "field" }, el("span", {}, "Handle"), field),
    el("button", { class: "button primary", type: "submit" }, "Look up"));
  const found = el("div", { class: "panel" });
  let pages = 1;
  const { element, refresh } = panel({ load, render: renderSuspended, signal });
  return {
    title: "Users",
    nodes: [el("h1", {}, "Users"), form, result.element, found, el("h2", {}, "Suspended"), element],
  };

  async function load() {
    const suspended = [];
    let next = `${PATH}?state=suspended`;
    for (let page = 0; page < pages && next; page += 1) {
      const response = await operator.send("GET", next, { signal });
      suspended.push(...response.data);
      next = response.next;
    }
    return { suspended, hasMore: next !== null };
  }

  function renderSuspended({ suspended, hasMore }) {
    if (suspended.length === 0) return el("p", { class: "notice" }, "No user is suspended.");
    return [
      userTable("Suspended users", suspended),
      hasMore && el("div", { class: "operations" }, operationButton("Show more", showMore)),
    ].filter(Boolean);
  }

  function showMore() {
    pages += 1;
    return refresh();
  }

  async function lookUp(event) {
    event.preventDefault();
    try {
      const user = await findUser(field.value.trim().replace(/^@/, ""), signal);
      result.show("");
      found.replaceChildren(userTable("User", [user]));
    } catch (error) {
      found.replaceChildren();
      result.showError(error);
    }
  }

  function userTable(caption, list) {
    return table(caption, [
      { name: "User", cell: (user) => el("div", {}, el("b", {}, `@${user.handle}`), el("div", { class: "muted small" }, el("bdi", {}, user.display_name))) },
      { name: "Signed up", cell: (user) => timestamp(user.created_at) },
      { name: "State", cell: state },
      { name: "Actions", cell: operation, kind: "align-end" },
    ], list);
  }

  function operation(user) {
    return user.suspended_at === null
      ? operationButton("Suspend", () => change(suspend, user, "suspended"), "danger")
      : operationButton("Reinstate", () => change(reinstate, user, "reinstated"));
  }

  async function change(operation, user, word) {
    try {
      const changed = await operation(user);
      if (!changed) return;
      result.show(`@${user.handle} is ${word}.`);
      found.replaceChildren(userTable("User", [changed]));
      await refresh();
    } catch (error) {
      result.showError(error);
    }
  }
}

function state({ suspended_at: since }) {
  return since === null
    ? badge("not suspended", "good")
    : el("div", { class: "stack" }, badge("suspended", "bad"), el("span", { class: "muted small" }, "since ", timestamp(since)));
}
