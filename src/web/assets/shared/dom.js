// Creates DOM elements. Strings become text nodes, never HTML: the page's Content-Security-Policy
// (trusted types) forbids parsing HTML.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. An attribute that is `true` is set bare, one that is `false`, `null` or `undefined`
 * is left out, a function is an event listener (`onclick`). A child is a node, a string, or one of
 * `null`, `undefined` and `false`, which are left out.
 */
export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** An SVG element, with the same arguments. */
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

/** An icon: one of the symbols defined in the page's index.html. */
export function icon(name) {
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#icon-${name}` }));
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name.slice("on".length), value);
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}
