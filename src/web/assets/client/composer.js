// The form for a crud, a reply or a message: text field, character counter, drafts, and a submit
// that is safe to repeat.

import { newIdempotencyKey } from "../shared/api.js";
import { el } from "../shared/dom.js";
import { formError } from "../shared/feedback.js";

/** The counter is highlighted when fewer characters than this are left. */
const NEARLY_FULL = 20;

const TTL_LABELS = {
  "30-days": "30 days",
  "7-days": "7 days",
  "3-days": "3 days",
  "1-day": "1 day",
  "12-hours": "12 hours",
  "3-hours": "3 hours",
  "1-hour": "1 hour",
};
const DEFAULT_TTL = "7-days";

/** Unsent texts by the placeholder of their field, until the tab is closed. */
const drafts = new Map();

/**
 * The form. `send` gets the request body and the idempotency key and returns a promise; the field
 * keeps its text until that is fulfilled. A retry of the same text has the same key, so the server
 * stores it once.
 */
export function composer({ label, placeholder, action, limit, ttls = null, send }) {
  const field = el("textarea", {
    rows: ttls ? 3 : 2, placeholder, "aria-label": label, dir: "auto", oninput: onInput,
  });
  const counter = el("output", { class: "counter small", "aria-label": "Characters" });
  const ttlField = ttls && ttlSelect(ttls);
  const button = el("button", { class: "button primary", type: "submit" }, action);
  const errorLine = formError();
  const form = el("form", { class: "composer", onsubmit: submit },
    field, errorLine.element,
    el("div", { class: "composer-footer" },
      ttlField && el("label", { class: "ttl small" }, el("span", {}, "Expires in"), ttlField), counter, button));
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) form.requestSubmit();
  });
  const draftKey = placeholder;
  let idempotencyKey = newIdempotencyKey();
  field.value = drafts.get(draftKey) ?? "";
  updateCounter();

  function onInput() {
    idempotencyKey = newIdempotencyKey();
    drafts.set(draftKey, field.value);
    errorLine.clear();
    updateCounter();
  }

  /** Counts Unicode scalar values, as the server does. */
  function updateCounter() {
    const length = [...field.value].length;
    const isOver = length > limit;
    counter.textContent = `${length} / ${limit}`;
    counter.classList.toggle("over", isOver);
    counter.classList.toggle("nearly", !isOver && length > limit - NEARLY_FULL);
    field.setAttribute("aria-invalid", isOver);
    button.disabled = isOver || field.value.trim() === "";
  }

  async function submit(event) {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    errorLine.clear();
    try {
      await send({ message: field.value, ...(ttlField && { ttl: ttlField.value }) }, idempotencyKey);
      field.value = "";
      drafts.delete(draftKey);
      idempotencyKey = newIdempotencyKey();
    } catch (error) {
      errorLine.show(error.message);
    }
    updateCounter();
    field.focus();
  }

  return { form, field };
}

function ttlSelect(ttls) {
  return el("select", {}, ttls.map((ttl) =>
    el("option", { value: ttl, selected: ttl === DEFAULT_TTL }, TTL_LABELS[ttl] ?? ttl)));
}
