// Shows the API's description with Swagger UI, and adds what its elements lack for a screen reader.

const root = document.getElementById("documentation");

/** A selector, and what an element of it gets. */
const REPAIRS = [
  ["h3.opblock-tag", (heading) => set(heading, "aria-level", "2")],
  [".opblock-section-header h4, .responses-inner h4, .responses-inner h5, .opblock-body h4, .opblock-body h5",
    (heading) => set(heading, "aria-level", "3")],
  [".modal-ux h3, .modal-ux h4, .modal-ux h6", (heading) => set(heading, "aria-level", heading.matches("h3") ? "2" : "3")],
  ["section.models h4", (heading) => set(heading, "aria-level", "2")],
  ["select.examples-select-element", (select) => set(select, "aria-label", "Example")],
  ["#servers", (select) => set(select, "aria-label", "Server")],
  [".copy-to-clipboard button", (button) => set(button, "aria-label", "Copy")],
  ["button.close-modal", (button) => set(button, "aria-label", "Close")],
  [".modal-ux .auth.button[aria-label]", (button) => button.removeAttribute("aria-label")],
  ["textarea.body-param__text", (area) => set(area, "aria-label", "Request body")],
  [".parameters input:not([type=checkbox]), .parameters select, .parameters textarea:not(.body-param__text)",
    (input) => set(input, "aria-label", parameterOf(input))],
  ["table.responses-table[role=region]", (table) => set(table, "aria-label", `Responses of ${operationOf(table)}`)],
  ["pre:not([tabindex])", (block) => set(block, "tabindex", "0")],
];

function set(element, name, value) {
  if (value && element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function parameterOf(input) {
  return input.closest("tr")?.dataset.paramName;
}

function operationOf(element) {
  const summary = element.closest(".opblock")?.querySelector(".opblock-summary-control");
  return summary?.textContent;
}

function repair() {
  for (const [selector, change] of REPAIRS) root.querySelectorAll(selector).forEach(change);
}

new MutationObserver(repair).observe(root, { childList: true, subtree: true });

globalThis.SwaggerUIBundle({
  url: "/openapi.json",
  domNode: root,
  layout: "BaseLayout",
  // Links inside of the buttons that open an operation cannot be reached with the keyboard.
  deepLinking: false,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
});
