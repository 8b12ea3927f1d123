// Where the focus goes when the element that has it leaves the page.

/** Moves the focus to a list item, or to the page's heading where there is none. */
export function focusItem(item) {
  const target = item?.querySelector("article, a, button") ?? document.querySelector("main h1");
  if (target?.matches("article, h1")) target.setAttribute("tabindex", "-1");
  target?.focus({ preventScroll: true });
}
