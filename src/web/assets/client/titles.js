// The titles of pages that show a user or a thread. The server writes the same ones into the page that a
// browser loads first (src/web/client_pages.rs).

/** The longest part of a text in a title, in Unicode scalar values. */
const MAX_QUOTE = 60;

/** The title of a user's page. */
export function userTitle({ display_name: name, handle }) {
  return oneLine(`${name} (@${handle})`);
}

/** The title of a thread's page. */
export function threadTitle({ display_name: name, message }) {
  const line = [...oneLine(message)];
  const quote = line.length > MAX_QUOTE ? `${line.slice(0, MAX_QUOTE).join("")}…` : line.join("");
  return oneLine(`${name}: “${quote}”`);
}

/** A text without line breaks, control characters and the characters that change the direction of what follows. */
export function oneLine(text) {
  return text.replace(/[\u202A-\u202E\u2066-\u2069]/g, "").replace(/[\s\p{Cc}]+/gu, " ").trim();
}
