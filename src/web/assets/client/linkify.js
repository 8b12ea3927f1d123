// Text written by a user, with mentions, hashtags and URLs turned into links. Everything else stays
// text; it is never parsed as HTML.

import { el } from "../shared/dom.js";

/** A URL, a mention by the server's rule, or a hashtag. */
const LINKS = /(?<url>https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]'])|(?<![A-Za-z0-9_])@(?<handle>[A-Za-z0-9_]{1,30})(?![A-Za-z0-9_])|(?<![\p{L}\p{N}_&])#(?<tag>[\p{L}\p{N}_]{1,50})/gu;

/** A paragraph in the text's own direction, isolated so that it cannot reverse the text around it. */
export function userText(text) {
  return el("p", { class: "user-text", dir: "auto" }, linkify(text));
}

function linkify(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(LINKS)) {
    nodes.push(text.slice(end, match.index), link(match));
    end = match.index + match[0].length;
  }
  nodes.push(text.slice(end));
  return nodes;
}

function link({ 0: text, groups: { url, handle, tag } }) {
  if (url) return el("a", { href: url, rel: "nofollow noopener noreferrer", target: "_blank" }, text);
  if (handle) return el("a", { href: `/@${handle}` }, text);
  return el("a", { href: `/search?q=${encodeURIComponent(tag)}` }, text);
}
