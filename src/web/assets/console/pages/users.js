// Users: looks one up by handle, suspends and reinstates users, and lists the suspended ones.

import { confirmDialog } from "../../shared/dialog.js";
import { el } from "../../shared/dom.js";
import { timestamp } from "../format.js";
import { operator } from "../operator.js";
import { operationButton, panel, resultLine } from "../panel.js";
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
      const handle = encodeURIComponent(field.value.trim().replace(/^@/, ""));
      const { data } = await operator.send("GET", `${PATH}/@${handle}`, { signal });
      result.show("");
      found.replaceChildren(userTable("User", [data]));
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
      ? operationButton("Suspend", () => suspend(user), "danger")
      : operationButton("Reinstate", () => reinstate(user));
  }

  async function suspend(user) {
    const isConfirmed = await confirmDialog(`Suspend @${user.handle}?`,
      "The user will not be able to write, and the user’s profile and cruds will not be shown, until an administrator reinstates the user. Private messages can still be read.",
      { confirm: "Suspend" });
    if (isConfirmed) await change("PUT", user, `@${user.handle} is suspended.`);
  }

  async function reinstate(user) {
    const isConfirmed = await confirmDialog(`Reinstate @${user.handle}?`,
      "The user will be able to write again, and the user’s profile and cruds that have not expired will be shown.",
      { confirm: "Reinstate" });
    if (isConfirmed) await change("DELETE", user, `@${user.handle} is reinstated.`);
  }

  async function change(method, user, text) {
    try {
      const { data } = await operator.send(method, `${PATH}/@${user.handle}/suspend`);
      result.show(text);
      found.replaceChildren(userTable("User", [data]));
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
