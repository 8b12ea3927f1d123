// Elements from data. Text is always text here: nothing in this folder knows how to parse HTML, and
// the page's policy (trusted types) would refuse it.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. An attribute that is `true` is set bare, one that is `false`, `null` or `undefined`
 * is left out, a function is a listener (`onclick`); children may be nodes, texts, or nothing.
 */
export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same for SVG. */
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

/** One of the symbols at the head of the page. */
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
