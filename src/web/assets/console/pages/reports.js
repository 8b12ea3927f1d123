// Reports of cruds: the list, one report with what people wrote, closing it, removing the crud and suspending its
// author. The audit has every look at a report.

import { confirmDialog } from "../../shared/dialog.js";
import { el } from "../../shared/dom.js";
import { formDialog, noteField, requiredSelect } from "../../shared/form_dialog.js";
import { descriptionList } from "../description_list.js";
import { timestamp } from "../format.js";
import { operator } from "../operator.js";
import { operationButton, panel, resultLine } from "../panel.js";
import { findUser, suspend } from "../suspension.js";
import { badge, table } from "../table.js";

const PATH = "/admin/reports";

const FILTERS = [["?status=open", "Open"], ["?status=closed", "Closed"], ["", "All"]];

const DECISIONS = [
  ["unfounded", "Unfounded: what people wrote is removed from the report"],
  ["actioned", "Actioned, for example the crud was removed"],
  ["no_action", "No action, for example because the crud is gone"],
];

export function reports(_, signal) {
  const result = resultLine();
  const more = el("div", { class: "operations" });
  const details = el("div", { class: "panel" });
  const filter = el("select", { onchange: () => refresh() },
    FILTERS.map(([query, text]) => el("option", { value: query }, text)));
  let list = [];
  const { element, refresh } = panel({ load, render, signal });
  const controls = el("label", { class: "field filter" }, el("span", {}, "State"), filter);
  return { title: "Reports", nodes: [el("h1", {}, "Reports"), controls, result.element, details, element, more] };

  async function load() {
    const { data, next } = await operator.send("GET", PATH + filter.value, { signal });
    list = data;
    showMoreButton(next);
    return list;
  }

  function render() {
    if (list.length === 0) return el("p", { class: "notice" }, "There are no such reports.");
    return table("Reports", [
      { name: "Time", cell: ({ created_at: at }) => timestamp(at) },
      { name: "Reason", cell: ({ reason }) => reason },
      { name: "State", cell: state },
      { name: "Crud", cell: ({ activity_uuid: uuid }) => el("code", {}, uuid) },
      { name: "Actions", cell: ({ uuid }) => operationButton("Look", () => look(uuid)), kind: "align-end" },
    ], list);
  }

  function showMoreButton(next) {
    more.replaceChildren(...(next ? [operationButton("Show more", () => loadMore(next))] : []));
  }

  async function loadMore(url) {
    try {
      const { data, next } = await operator.send("GET", url, { signal });
      list = [...list, ...data];
      element.replaceChildren(render());
      showMoreButton(next);
    } catch (error) {
      result.showError(error);
    }
  }

  async function look(uuid) {
    try {
      const { data } = await operator.send("GET", `${PATH}/${uuid}`, { signal });
      const heading = el("h2", { tabindex: "-1" }, "Report");
      details.replaceChildren(heading, ...describe(data), buttons(data));
      heading.focus();
    } catch (error) {
      result.showError(error);
    }
  }

  function buttons(report) {
    return el("div", { class: "operations" },
      report.status === "open" && operationButton("Close report", () => close(report), "primary"),
      report.is_live && operationButton("Remove crud", () => remove(report), "danger"),
      report.copies && operationButton("Suspend author", () => suspendAuthor(report.copies.activity), "danger"),
      operationButton("Hide", () => details.replaceChildren()));
  }

  async function close({ uuid }) {
    const fields = [
      requiredSelect("reason", "Decision", DECISIONS),
      noteField("Note (optional; it stays, so do not repeat what people wrote)"),
    ];
    const send = (body) => operator.send("POST", `${PATH}/${uuid}/close`, { body });
    if (!await formDialog("Close the report", fields, { submit: "Close report", send })) return;
    result.show("The report is closed.");
    details.replaceChildren();
    await refresh();
  }

  async function remove({ uuid, activity_uuid: activity }) {
    const isConfirmed = await confirmDialog("Remove the crud?",
      "It will be deleted for everyone, with all replies below it. The report keeps its copy.", { confirm: "Remove" });
    if (!isConfirmed) return;
    try {
      await operator.send("DELETE", `/admin/activities/${activity}`);
      result.show("The crud is removed.");
      await look(uuid);
    } catch (error) {
      result.showError(error);
    }
  }

  // After the deletion of an account another user can have its handle.
  async function suspendAuthor({ handle, user_uuid: uuid }) {
    try {
      const author = await findUser(handle, signal);
      if (author.uuid !== uuid) return result.show(`The author has deleted the account. Another user is @${handle} now.`);
      if (author.suspended_at !== null) return result.show(`@${handle} is suspended already.`);
      if (await suspend(author)) result.show(`@${handle} is suspended.`);
    } catch (error) {
      result.showError(error);
    }
  }
}

function state({ closing_reason: reason }) {
  return reason === null ? badge("open", "warn") : badge(`closed: ${reason.replace("_", " ")}`);
}

function describe(report) {
  const { reporter, copies } = report;
  const summary = descriptionList([
    ["Reported", timestamp(report.created_at)],
    ["By", reporter ? names(reporter) : "a deleted user"],
    ["Reason", report.reason],
    ["Note", report.note && quote(report.note)],
    ["State", state(report)],
    ["Operator’s note", report.closing_note && quote(report.closing_note)],
    ["Crud", report.is_live ? badge("live", "good") : badge("gone")],
    ["Copy", copies ? null : "removed"],
  ]);
  if (!copies) return [summary];
  const parent = copies.parent && [el("h3", {}, "In reply to"), describeCopy(copies.parent)];
  return [summary, el("h3", {}, "Crud"), describeCopy(copies.activity), ...(parent ?? [])];
}

function describeCopy(copy) {
  return descriptionList([
    ["Author", names(copy)],
    ["Text", quote(copy.message)],
    ["Created", timestamp(copy.created_at)],
    ["Expires", copy.expires_at && timestamp(copy.expires_at)],
    ["Gone since", copy.gone_at && timestamp(copy.gone_at)],
  ]);
}

function names({ handle, display_name: name }) {
  return `${name} (@${handle})`;
}

function quote(text) {
  return el("p", { class: "quote", dir: "auto" }, text);
}
