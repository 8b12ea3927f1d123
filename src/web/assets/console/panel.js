// A part of a page that shows what a request answers, and keeps it true by asking again.

import { Refusal } from "../shared/api.js";
import { connection } from "../shared/connection.js";
import { el } from "../shared/dom.js";
import { failure, placeholders } from "../shared/states.js";

/**
 * A box whose content `draw` makes from what `read` answers. With `every` (milliseconds) it asks
 * again while the page is seen; an answer that says the same as the last one changes nothing, so
 * whoever is pressing a button there is not disturbed.
 */
export function panel({ read, draw, signal, every = 0 }) {
  const box = el("div", { class: "panel" }, placeholders(3, "line"));
  let last = null;
  let timer = null;
  signal.addEventListener("abort", () => clearTimeout(timer));
  connection.addEventListener("found", look, { signal });
  look();

  async function look() {
    clearTimeout(timer);
    try {
      if (!document.hidden || last === null) show(await read(signal));
    } catch (error) {
      if (signal.aborted) return;
      // What is on show stays while the server is away: the banner tells that it is old.
      if (last === null || error instanceof Refusal) fail(error);
    }
    if (every && !signal.aborted && !connection.isLost) timer = setTimeout(look, every);
  }

  function show(data) {
    if (signal.aborted) return;
    const text = JSON.stringify(data);
    if (text === last) return;
    last = text;
    box.replaceChildren(...[draw(data)].flat());
  }

  function fail(error) {
    last = null;
    box.replaceChildren(failure(error, look));
  }

  return { box, look };
}

/** A line that says what an operation did or why it did not; read out when it changes. */
export function outcome() {
  const line = el("p", { class: "outcome", role: "status" });
  return {
    line,
    say(text) {
      line.className = "outcome";
      line.textContent = text;
    },
    complain(error) {
      line.className = "outcome complaint";
      line.textContent = error.message;
    },
  };
}

/** A button that cannot be pressed again while what it began is under way. */
export function operation(label, run, kind = "") {
  const button = el("button", {
    class: `button ${kind}`,
    type: "button",
    async onclick() {
      button.disabled = true;
      try {
        await run();
      } finally {
        button.disabled = false;
      }
    },
  }, label);
  return button;
}
