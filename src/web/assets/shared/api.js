// One request of the API, and what it may come to: an answer, a refusal with its sentence, or no
// server. Whose token it carries is the caller's to say.

import { sentence } from "./codes.js";
import { connection } from "./connection.js";
import { clock } from "./clock.js";

/** The server said no, and why: `code` is the contract's, the message is for a person. */
export class Refusal extends Error {
  constructor(status, code, detail) {
    super(detail ?? sentence(code, status));
    this.status = status;
    this.code = code;
  }
}

/** There was no server to say anything. */
export class Unreachable extends Error {
  constructor() {
    super("Cruddur cannot be reached. What you wrote is kept.");
  }
}

const AWAY = [502, 503, 504];

/**
 * Sends a request. The answer's `data` is null where `tag` still holds (304); `next` is the address
 * of the next page.
 *
 * @returns {Promise<{data: any, next: ?string, tag: ?string}>}
 */
export async function send(method, path, { body, token, key, tag, signal } = {}) {
  const headers = new Headers({ Accept: "application/json" });
  if (token) headers.set("Authorization", `Bearer ${token}`);
  if (key) headers.set("Idempotency-Key", key);
  if (tag) headers.set("If-None-Match", tag);
  if (body !== undefined) headers.set("Content-Type", "application/json");
  const answer = await reach(path, { method, headers, signal, body: JSON.stringify(body) });
  clock.learn(answer.headers.get("Date"));
  if (answer.status !== 304 && !answer.ok) throw await refusal(answer);
  return {
    data: answer.status === 304 ? null : await answer.json(),
    next: nextPage(answer.headers.get("Link")),
    tag: answer.headers.get("ETag"),
  };
}

/** A name for one act of writing, so that sending it twice does it once. */
export function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function reach(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    connection.lose();
    throw new Unreachable();
  }
  if (AWAY.includes(answer.status)) {
    connection.lose();
    throw new Unreachable();
  }
  return answer;
}

/** The array form of a refusal, or problem details, which `/admin` answers. */
async function refusal(answer) {
  const body = await answer.json().catch(() => null);
  if (Array.isArray(body)) return new Refusal(answer.status, body[0]);
  return new Refusal(answer.status, body?.code, body?.detail ?? body?.title);
}

function nextPage(link) {
  return link?.match(/<([^>]+)>;\s*rel="next"/)?.[1] ?? null;
}
