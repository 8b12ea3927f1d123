// Text written by a user, with mentions, hashtags and URLs turned into links. Everything else stays
// text; it is never parsed as HTML.

import { el } from "../shared/dom.js";

/** A URL, a mention by the server's rule, or a hashtag. */
const LINKS = /(?<url>https?:\/\/[^\s<>"]+)|(?<![A-Za-z0-9_])@(?<handle>[A-Za-z0-9_]{1,30})(?![A-Za-z0-9_])|(?<![\p{L}\p{N}_&])#(?<tag>[\p{L}\p{N}_]{1,50})/gu;

/** What ends a sentence or a quotation, and no URL. */
const PUNCTUATION = /[.,;:!?'…。、，！？；：\p{Pf}]/u;
/** Each closing bracket with its opening one. */
const BRACKETS = { ")": "(", "]": "[", "}": "{" };

/** A paragraph in the text's own direction, isolated so that it cannot reverse the text around it. */
export function userText(text) {
  return el("p", { class: "user-text", dir: "auto" }, linkify(text));
}

function linkify(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(LINKS)) {
    const { url } = match.groups;
    const linked = url ? withoutPunctuation(url) : match[0];
    nodes.push(text.slice(end, match.index), link(linked, match.groups));
    end = match.index + linked.length;
  }
  nodes.push(text.slice(end));
  return nodes;
}

/** The URL without the punctuation of the text after it, and without closing brackets that it does not open. */
function withoutPunctuation(url) {
  const unopened = {};
  for (const [closing, opening] of Object.entries(BRACKETS)) {
    unopened[closing] = url.split(closing).length - url.split(opening).length;
  }
  let end = url.length;
  for (; end > 0; end -= 1) {
    const last = url[end - 1];
    if (unopened[last] > 0) unopened[last] -= 1;
    else if (!PUNCTUATION.test(last)) break;
  }
  return url.slice(0, end);
}

function link(text, { url, handle, tag }) {
  if (url) return URL.canParse(text) ? el("a", { href: text, rel: "nofollow noopener noreferrer", target: "_blank" }, text) : text;
  if (handle) return el("a", { href: `/@${handle}` }, text);
  // With its #, the server searches for the tag and not for the word.
  return el("a", { href: `/search?q=${encodeURIComponent(`#${tag}`)}` }, text);
}
