// A panel that shows the response of a request and refreshes it, and the controls of an operation:
// its button and the line with its result.

import { ApiError } from "../shared/api.js";
import { connection } from "../shared/connection.js";
import { el } from "../shared/dom.js";
import { errorState, skeletons } from "../shared/feedback.js";

/**
 * Shows `render(data)` of what `load(signal)` returns. With an `interval` (milliseconds) it reloads
 * while the tab is visible. Data that has not changed is not rendered again, so that a button does
 * not vanish while the operator presses it.
 */
export function panel({ load, render, signal, interval = 0 }) {
  const element = el("div", { class: "panel" }, skeletons(3, "line"));
  let shown = null;
  let timer = null;
  signal.addEventListener("abort", () => clearTimeout(timer));
  connection.addEventListener("restored", refresh, { signal });
  refresh();

  async function refresh() {
    clearTimeout(timer);
    try {
      if (!document.hidden || shown === null) show(await load(signal));
    } catch (error) {
      if (signal.aborted) return;
      // While the server is unreachable the old data stays; the banner says that it is out of date.
      if (shown === null || error instanceof ApiError) showError(error);
    }
    if (interval && !signal.aborted && !connection.isLost) timer = setTimeout(refresh, interval);
  }

  function show(data) {
    if (signal.aborted) return;
    const json = JSON.stringify(data);
    if (json === shown) return;
    shown = json;
    element.replaceChildren(...[render(data)].flat());
  }

  function showError(error) {
    shown = null;
    element.replaceChildren(errorState(error, refresh));
  }

  return { element, refresh };
}

/** The line with an operation's result or error; a screen reader announces each change. */
export function resultLine() {
  const element = el("p", { class: "result", role: "status" });
  return {
    element,
    show(text) {
      element.className = "result";
      element.textContent = text;
    },
    showError(error) {
      element.className = "result error";
      element.textContent = error.message;
    },
  };
}

/** A button that is disabled while its operation runs. */
export function operationButton(label, run, kind = "") {
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
