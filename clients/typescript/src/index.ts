// A typed client of Cruddur's API. Paths, request bodies and responses are those of `api.ts`, which is
// generated from the server's OpenAPI document. This file adds the API's conventions: access token,
// idempotency keys and retries. `pages.ts` iterates over lists, `refusal.ts` reads errors.

import createFetchClient, { type Client as FetchClient } from "openapi-fetch";

import type { paths } from "./api.js";
import { idempotencyKey } from "./idempotency.js";
import { type Retry, retrying } from "./retry.js";

export type * from "./api.js";
export { idempotencyKey } from "./idempotency.js";
export { type Item, nextCursor, type PagedPath, pages, paginate } from "./pages.js";
export { codeOf, Refusal, unwrap } from "./refusal.js";
export type { Retry } from "./retry.js";

/** The client of openapi-fetch, typed with the API's paths. */
export type Client = FetchClient<paths>;

/** Options of `createClient`. */
export interface Options {
  /** The server's origin, `https://api.cruddur.com`. */
  readonly baseUrl: string;
  /** Returns the access token; called before every request. Undefined: the request has none. */
  readonly token?: () => string | undefined | Promise<string | undefined>;
  /** How requests are retried; false: they are not. */
  readonly retry?: Retry | false;
  /** Sends a request; `fetch` by default. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/**
 * Creates a client: `client.GET("/api/activities/home")`, and so for every path of the document.
 *
 * It retries a request that got no answer, and one that the server could not serve. Every write of a
 * user gets an `Idempotency-Key`, so that its retry changes nothing a second time.
 */
export function createClient(options: Options): Client {
  const send = options.fetch ?? ((request: Request) => globalThis.fetch(request));
  const client = createFetchClient<paths>({
    baseUrl: options.baseUrl,
    fetch: options.retry === false ? send : retrying(send, options.retry),
  });
  client.use({
    async onRequest({ request }) {
      const token = await options.token?.();
      if (token) request.headers.set("Authorization", `Bearer ${token}`);
      if (takesKey(request) && !request.headers.has("Idempotency-Key")) {
        request.headers.set("Idempotency-Key", idempotencyKey()["Idempotency-Key"]);
      }
      return request;
    },
  });
  return client;
}

/** Whether the server keeps the answer to this write under its key: every write of a user. */
function takesKey(request: Request): boolean {
  const { pathname } = new URL(request.url);
  const isRead = request.method === "GET" || request.method === "HEAD";
  return !isRead && pathname.includes("/api/") && !pathname.includes("/api/dev/");
}
