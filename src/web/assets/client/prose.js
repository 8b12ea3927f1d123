// What a person wrote, as nodes: mentions lead to people, tags to a search, addresses to where they
// say. Everything else is text, whatever it looks like.

import { el } from "../shared/dom.js";

/** An address, a mention as the server finds it, or a tag. */
const SPECIAL = /(?<url>https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]'])|(?<![A-Za-z0-9_])@(?<handle>[A-Za-z0-9_]{1,30})(?![A-Za-z0-9_])|(?<![\p{L}\p{N}_&])#(?<tag>[\p{L}\p{N}_]{1,50})/gu;

/** A paragraph that reads in its own direction and turns nothing around it. */
export function prose(text) {
  return el("p", { class: "prose", dir: "auto" }, pieces(text));
}

function pieces(text) {
  const nodes = [];
  let done = 0;
  for (const match of text.matchAll(SPECIAL)) {
    nodes.push(text.slice(done, match.index), link(match));
    done = match.index + match[0].length;
  }
  nodes.push(text.slice(done));
  return nodes;
}

function link({ 0: text, groups: { url, handle, tag } }) {
  if (url) return el("a", { href: url, rel: "nofollow noopener noreferrer", target: "_blank" }, text);
  if (handle) return el("a", { href: `/@${handle}` }, text);
  return el("a", { href: `/search?q=${encodeURIComponent(tag)}` }, text);
}
