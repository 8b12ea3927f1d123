// The client-side router: shows the page of the current URL in <main>. Links are ordinary links, so
// reload, new tab and the browser's back button work.

import { el } from "./dom.js";

const main = document.getElementById("main");

/** `[pattern, page]` pairs; a page is a function of the pattern's groups that returns a view. */
let routes = [];
let siteName = "";
/** Aborted when the user leaves the current page. */
let pageAbort = new AbortController();

/**
 * Shows the page of the current URL, and from then on of every link that is followed. A view has a
 * `title` and `nodes`, the first of which contains its `h1`. With `isTitleServed`, the page that is loaded
 * first keeps the better title that the server gave it. A page also gets an AbortSignal, which is aborted
 * when the user leaves it.
 */
export function startRouter(name, table) {
  siteName = name;
  routes = table;
  document.addEventListener("click", followLink);
  addEventListener("popstate", () => render());
  render({ isFirst: true });
}

/** Sets the title of the current page, which may be known only after its first render. */
export function setTitle(title) {
  document.title = `${title} · ${siteName}`;
}

/** Goes to a URL of this site. */
export function navigate(url, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", url);
  render();
}

/** Renders the current page anew. */
export function reload() {
  render();
}

function followLink(event) {
  const link = event.target.closest?.("a[href]");
  const isPlainClick = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !isPlainClick || event.defaultPrevented || link.target || link.origin !== location.origin) return;
  if (link.hash && link.pathname === location.pathname) return;
  if (!findPage(link.pathname)) return;
  event.preventDefault();
  navigate(link.pathname + link.search);
}

function findPage(path) {
  for (const [pattern, page] of routes) {
    const match = path.match(pattern);
    if (match) return () => page(match.groups ?? {}, pageAbort.signal);
  }
  return null;
}

function render({ isFirst = false } = {}) {
  pageAbort.abort();
  pageAbort = new AbortController();
  // The server's page of what does not exist is complete; a request would have the same result.
  if (!isFirst || !main.querySelector("[data-status]")) show(findPage(location.pathname) ?? notFound, isFirst);
  markCurrentLink();
  if (isFirst) return;
  // The server's tag names the page that was loaded first, and the browser's own share dialog would share that.
  document.querySelector("link[rel=canonical]")?.remove();
  scrollTo(0, 0);
  // A screen reader announces the heading that gets the focus; the outline is off in base.css.
  const heading = main.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus({ preventScroll: true });
}

function show(page, isFirst) {
  const { title, nodes, isTitleServed } = page();
  if (!isFirst || !isTitleServed) setTitle(title);
  main.replaceChildren(...nodes);
}

/** Marks the navigation link with the longest path that the current URL starts with. */
function markCurrentLink() {
  const links = [...document.querySelectorAll("nav a")];
  const covers = ({ pathname }) => location.pathname === pathname || location.pathname.startsWith(`${pathname}/`);
  const [current] = links.filter(covers).sort((one, other) => other.pathname.length - one.pathname.length);
  for (const link of links) {
    if (link === current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  // On a phone the navigation may be wider than the screen.
  current?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function notFound() {
  return {
    title: "There is nothing here",
    nodes: [el("div", { class: "notice" },
      el("h1", {}, "There is nothing here"), el("p", {}, "This address does not exist."), el("a", { href: "/" }, "Home"))],
  };
}
