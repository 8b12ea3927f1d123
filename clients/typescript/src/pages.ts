// Iterators over the lists of the API, which follow the `Link` header from page to page.

import type { paths } from "./api.js";
import type { Client } from "./index.js";
import { refusal } from "./refusal.js";

type Get<P extends keyof paths> = paths[P] extends { get: infer Operation } ? Operation : never;
type Answer<P extends keyof paths> =
  Get<P> extends { responses: { 200: { content: { "application/json": infer Body } } } } ? Body : never;
type ItemOf<Body> =
  Body extends readonly (infer T)[] ? T
  : Body extends { activities: (infer T)[] } ? T
  : Body extends { replies: (infer T)[] } ? T
  : never;

/** The paths whose answers have pages. */
export type PagedPath = {
  [P in keyof paths]: Get<P> extends { parameters: { query?: { limit?: number } } } ? P : never;
}[keyof paths];

/** What the pages of a path contain: the items of the list, or the replies to an activity. */
export type Item<P extends PagedPath> = ItemOf<Answer<P>>;

/** The parameters of a path, without the cursors. */
type Parameters<P extends PagedPath> =
  Get<P> extends { parameters: infer All }
    ? {
      query?: All extends { query?: infer Query } ? Omit<NonNullable<Query>, "before" | "after"> : never;
    } & (All extends { path: infer Path } ? { path: Path } : unknown)
    : never;
type Arguments<P extends PagedPath> =
  Get<P> extends { parameters: { path: object } } | { parameters: { query: object } }
    ? [parameters: Parameters<P>, options?: Limits]
    : [parameters?: Parameters<P>, options?: Limits];

/** Options of the iterators. */
interface Limits {
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
}

/**
 * Iterates over the items of all pages: `for await (const activity of paginate(client, "/api/activities/home"))`.
 * A page is requested when the items of the one before have been used. Throws a `Refusal`.
 */
export async function* paginate<P extends PagedPath>(
  client: Client,
  path: P,
  ...rest: Arguments<P>
): AsyncGenerator<Item<P>, void, undefined> {
  for await (const page of pages(client, path, ...rest)) yield* page;
}

/** The same, page by page. */
export async function* pages<P extends PagedPath>(
  client: Client,
  path: P,
  ...[parameters, options]: Arguments<P>
): AsyncGenerator<Item<P>[], void, undefined> {
  let cursor: Record<string, string> | undefined = {};
  while (cursor) {
    // The types of the parameters depend on P, which the client's own type cannot resolve here.
    const get = client.GET as (path: P, init: unknown) => Promise<{ data?: unknown; error?: unknown; response: Response }>;
    const query = { ...(parameters as { query?: object } | undefined)?.query, ...cursor };
    const init = { params: { ...parameters, query }, ...(options?.signal && { signal: options.signal }) };
    const { data, error, response } = await get(path, init);
    if (!data) throw refusal(error, response);
    yield itemsOf(data) as Item<P>[];
    cursor = next(response);
  }
}

function itemsOf(body: unknown): unknown[] {
  if (Array.isArray(body)) return body;
  const page = body as { activities?: unknown[]; replies?: unknown[] };
  return page.activities ?? page.replies ?? [];
}

/** The cursor of the next page (`before` or `after`) from the `Link` header; undefined on the last. */
export function nextCursor(response: Response): string | undefined {
  return Object.values(next(response) ?? {})[0];
}

function next(response: Response): Record<string, string> | undefined {
  const url = /<([^>]*)>; rel="next"/.exec(response.headers.get("Link") ?? "")?.[1];
  if (url === undefined) return undefined;
  const query = new URL(url, response.url).searchParams;
  for (const name of ["before", "after"]) {
    const value = query.get(name);
    if (value) return { [name]: value };
  }
  return undefined;
}
