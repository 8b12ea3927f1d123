// Sends one HTTP request to the API and returns its response, or throws the API's error.

import { clock } from "./clock.js";
import { connection } from "./connection.js";
import { errorMessage } from "./error_messages.js";

/**
 * An error response. `code` is the API's error code; `message` is a sentence for the user;
 * `retryAfter` is in seconds, 0 where the server names none.
 */
export class ApiError extends Error {
  constructor(status, code, detail, retryAfter = 0) {
    super(detail ?? errorMessage(code, status));
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** The request got no response, or a gateway answered in place of the server. */
export class Unreachable extends Error {
  constructor() {
    super("The server cannot be reached. Unsent text is kept; try again.");
  }
}

/** The length of the longest last line of a file, in bytes. */
const MAX_END_LINE = 64;
/** Bad Gateway, Service Unavailable, Gateway Timeout. */
const UNAVAILABLE = [502, 503, 504];

/**
 * Sends a request. `data` is null on 304, when `etag` still matches; `next` is the URL of the next
 * page of a list.
 *
 * @returns {Promise<{data: any, next: ?string, etag: ?string}>}
 */
export async function send(method, path, { body, token, idempotencyKey, etag, signal } = {}) {
  const headers = new Headers({ Accept: "application/json" });
  if (token) headers.set("Authorization", `Bearer ${token}`);
  if (idempotencyKey) headers.set("Idempotency-Key", idempotencyKey);
  if (etag) headers.set("If-None-Match", etag);
  if (body !== undefined) headers.set("Content-Type", "application/json");
  const response = await fetchFromServer(path, { method, headers, signal, body: JSON.stringify(body) });
  clock.synchronize(response.headers.get("Date"));
  if (response.status !== 304 && !response.ok) throw await readError(response);
  return {
    data: response.status === 304 ? null : await response.json(),
    next: nextPage(response.headers.get("Link")),
    etag: response.headers.get("ETag"),
  };
}

/**
 * Receives newline-delimited JSON as a file. Its last line has the type `end`; a file without it is incomplete.
 *
 * @returns {Promise<Blob>}
 */
export async function receiveFile(path, { token } = {}) {
  const headers = new Headers({ Accept: "application/x-ndjson, application/json" });
  if (token) headers.set("Authorization", `Bearer ${token}`);
  const response = await fetchFromServer(path, { headers });
  if (!response.ok) throw await readError(response);
  const file = await response.blob().catch(() => new Blob());
  const end = await file.slice(-MAX_END_LINE).text();
  if (!/(^|\n)\{"type":"end"[^\n]*\}\n$/.test(end)) throw new Error("The file did not arrive completely. Try again.");
  return file;
}

/**
 * Opens a stream of events, whose body arrives as long as it lives. A server that refuses it may be reachable.
 *
 * @returns {Promise<Response>}
 */
export async function openStream(path, { token, signal } = {}) {
  const headers = new Headers({ Accept: "text/event-stream, application/json" });
  if (token) headers.set("Authorization", `Bearer ${token}`);
  const response = await fetchOrMarkLost(path, { headers, signal, cache: "no-store" });
  if (!response.ok) throw await readError(response);
  return response;
}

/** A random `Idempotency-Key`: the server applies a write once, however often it is sent. */
export function newIdempotencyKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function fetchFromServer(path, options) {
  const response = await fetchOrMarkLost(path, options);
  if (UNAVAILABLE.includes(response.status)) {
    connection.markLost();
    throw new Unreachable();
  }
  return response;
}

async function fetchOrMarkLost(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    connection.markLost();
    throw new Unreachable();
  }
}

/** `/api` answers an array of codes, `/admin` problem details (RFC 9457). */
export async function readError(response) {
  const body = await response.json().catch(() => null);
  const retryAfter = Number(response.headers.get("Retry-After")) || 0;
  if (Array.isArray(body)) return new ApiError(response.status, body[0], undefined, retryAfter);
  return new ApiError(response.status, body?.code, body?.detail ?? body?.title, retryAfter);
}

function nextPage(link) {
  return link?.match(/<([^>]+)>;\s*rel="next"/)?.[1] ?? null;
}
