// The form for a crud, a reply or a message: text field, character counter, and a submit that is safe
// to repeat. drafts.js keeps the unsent text.
//
// The event `closed` on the form says, as `detail`, why its text cannot be sent any more; the text stays until the user
// discards it, which the form tells by the event `discarded`.

import { newIdempotencyKey } from "../shared/api.js";
import { el } from "../shared/dom.js";
import { errorMessage } from "../shared/error_messages.js";
import { formError } from "../shared/feedback.js";
import { Draft } from "./drafts.js";
import { session } from "./session.js";

/** The counter is highlighted, and read by screen readers, when fewer characters than this are left. */
const NEARLY_FULL = 20;
/** Milliseconds without input after which a screen reader reads how many characters are left. */
const ANNOUNCEMENT_DELAY = 1_000;

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

/**
 * The form, for the signed-in user. `target` names what the text is for; each target has its own draft.
 * `actionLabel` names the submit button where its text `action` does not suffice.
 * `send` gets the request body and the idempotency key and returns a promise; the field keeps its text
 * until that is fulfilled. A retry of the same request has the same key, so the server applies it once.
 */
export function composer({ target, label, placeholder, action, actionLabel = null, limit, ttls = null, send }) {
  const author = session.user.uuid;
  const draft = new Draft(author, target);
  const saved = draft.load();
  const field = el("textarea", {
    rows: ttls ? 3 : 2, placeholder, "aria-label": label, dir: "auto", oninput: onChange,
  });
  field.value = saved?.body.message ?? "";
  // An output is a live region by default, which would be read at every key.
  const counter = el("output", { class: "counter small", "aria-label": "Characters", "aria-live": "off" });
  const announcement = el("span", { class: "visually-hidden", role: "status" });
  const ttlField = ttls && ttlSelect(ttls, saved?.body.ttl ?? DEFAULT_TTL, onChange);
  const button = el("button", { class: "button primary", type: "submit", "aria-label": actionLabel }, action);
  const errorLine = formError();
  const form = el("form", { class: "composer", onsubmit: submit },
    field, errorLine.element, announcement,
    el("div", { class: "composer-footer" },
      ttlField && el("label", { class: "ttl small" }, el("span", {}, "Expires in"), ttlField), counter, button));
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) form.requestSubmit();
  });
  form.addEventListener("closed", ({ detail: reason }) => close(reason));
  let idempotencyKey = saved?.idempotencyKey ?? newIdempotencyKey();
  let isSending = false;
  let isClosed = false;
  let announcing = null;
  update();

  /** Another text or time to live is another request, which needs a key of its own. */
  function onChange() {
    idempotencyKey = newIdempotencyKey();
    draft.store(requestBody(), idempotencyKey);
    if (!isClosed) errorLine.clear();
    update();
  }

  function requestBody() {
    return { message: field.value, ...(ttlField && { ttl: ttlField.value }) };
  }

  /** Updates counter and button. Counts Unicode scalar values, as the server does. */
  function update() {
    const length = [...field.value].length;
    const isOver = length > limit;
    counter.textContent = `${length} / ${limit}`;
    counter.classList.toggle("over", isOver);
    counter.classList.toggle("nearly", !isOver && length > limit - NEARLY_FULL);
    field.setAttribute("aria-invalid", isOver);
    announce(limit - length);
    button.disabled = isSending || isClosed || isOver || field.value.trim() === "";
  }

  function close(reason) {
    if (isClosed) return;
    isClosed = true;
    errorLine.show(reason);
    button.replaceWith(el("button", { class: "button", type: "button", onclick: discard }, "Discard the text"));
    update();
  }

  function discard() {
    draft.delete();
    form.dispatchEvent(new Event("discarded"));
  }

  function announce(left) {
    clearTimeout(announcing);
    const text = left < NEARLY_FULL ? charactersLeft(left) : "";
    announcing = setTimeout(() => { announcement.textContent = text; }, ANNOUNCEMENT_DELAY);
  }

  async function submit(event) {
    event.preventDefault();
    if (button.disabled) return;
    // The session may have ended since the form was made. Another user must not send this text.
    if (session.user?.uuid !== author) return errorLine.show(errorMessage("generic_401"));
    const sentKey = idempotencyKey;
    isSending = true;
    errorLine.clear();
    update();
    try {
      await send(requestBody(), sentKey);
      draft.deleteSent(sentKey);
      if (idempotencyKey === sentKey) {
        field.value = "";
        idempotencyKey = newIdempotencyKey();
      }
    } catch (error) {
      if (!isClosed) errorLine.show(error.message);
    }
    isSending = false;
    update();
    if (form.isConnected) field.focus();
  }

  return { form, field };
}

function charactersLeft(left) {
  const count = Math.abs(left);
  return `${count} ${count === 1 ? "character" : "characters"} ${left < 0 ? "too many" : "left"}`;
}

function ttlSelect(ttls, selected, onchange) {
  return el("select", { onchange }, ttls.map((ttl) =>
    el("option", { value: ttl, selected: ttl === selected }, TTL_LABELS[ttl] ?? ttl)));
}
