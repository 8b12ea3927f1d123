// A text being written: the field, its counter, and sending it once however often it is tried.

import { freshKey } from "../shared/api.js";
import { el } from "../shared/dom.js";
import { complaint } from "../shared/states.js";

/** From here on the counter says how many characters are left. */
const NEARLY_FULL = 20;

/** Times to live as people say them. */
const TTLS = {
  "30-days": "30 days",
  "7-days": "7 days",
  "3-days": "3 days",
  "1-day": "1 day",
  "12-hours": "12 hours",
  "3-hours": "3 hours",
  "1-hour": "1 hour",
};
const DEFAULT_TTL = "7-days";

/** What was begun and not sent, by what it is about; gone with the tab. */
const drafts = new Map();

/**
 * A form for a message. `deliver` gets the body and the idempotency key and answers a promise; the
 * text stays until that is kept, on other pages too. A repeat of the same text has the same key.
 */
export function composer({ label, placeholder, action, limit, ttls = null, deliver }) {
  const field = el("textarea", {
    rows: ttls ? 3 : 2, placeholder, "aria-label": label, dir: "auto", oninput: changed,
  });
  const count = el("output", { class: "count small", "aria-label": "Characters" });
  const time = ttls && choice(ttls);
  const button = el("button", { class: "button primary", type: "submit" }, action);
  const trouble = complaint();
  const form = el("form", { class: "composer", onsubmit: submit },
    field, trouble.line,
    el("div", { class: "bar" },
      time && el("label", { class: "ttl small" }, el("span", {}, "Gone in"), time), count, button));
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) form.requestSubmit();
  });
  const about = placeholder;
  let key = freshKey();
  field.value = drafts.get(about) ?? "";
  tally();

  function changed() {
    key = freshKey();
    drafts.set(about, field.value);
    trouble.clear();
    tally();
  }

  /** Counts as the server does: Unicode scalar values. */
  function tally() {
    const length = [...field.value].length;
    const isOver = length > limit;
    count.textContent = `${length} / ${limit}`;
    count.classList.toggle("over", isOver);
    count.classList.toggle("nearly", !isOver && length > limit - NEARLY_FULL);
    field.setAttribute("aria-invalid", isOver);
    button.disabled = isOver || field.value.trim() === "";
  }

  async function submit(event) {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    trouble.clear();
    try {
      await deliver({ message: field.value, ...(time && { ttl: time.value }) }, key);
      field.value = "";
      drafts.delete(about);
      key = freshKey();
    } catch (error) {
      trouble.say(error.message);
    }
    tally();
    field.focus();
  }

  return { form, field };
}

function choice(ttls) {
  return el("select", {}, ttls.map((ttl) =>
    el("option", { value: ttl, selected: ttl === DEFAULT_TTL }, TTLS[ttl] ?? ttl)));
}
