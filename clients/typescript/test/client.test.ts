// The client against a running server: requests are accepted, and responses have the declared types.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import {
  type Activity,
  type Client,
  codeOf,
  createClient,
  idempotencyKey,
  pages,
  paginate,
  Refusal,
  unwrap,
} from "../src/index.js";
import { type Server, startServer } from "./server.js";

let server: Server;

before(async () => {
  server = await startServer();
});
after(async () => {
  await server?.stop();
});

/** A client with the token of a demo user. */
async function signIn(handle: string): Promise<Client> {
  const anonymous = createClient({ baseUrl: server.baseUrl });
  const { data } = await anonymous.POST("/api/dev/session", { body: { handle } });
  assert.equal(data?.handle, handle);
  return createClient({ baseUrl: server.baseUrl, token: () => data?.token });
}

test("an activity is created, replied to, found by search, and deleted", async () => {
  const [andrew, priya] = await Promise.all([signIn("andrewbrown"), signIn("priya_n")]);
  const posted = await andrew.POST("/api/activities", {
    body: { message: "typed zucchini, @priya_n", ttl: "1-hour" },
  });
  const post: Activity | undefined = posted.data;
  assert.ok(post);
  assert.equal(post.handle, "andrewbrown");
  const path = { uuid: post.uuid };

  await priya.POST("/api/activities/{uuid}/reply", {
    params: { path },
    body: { message: "seen" },
  });
  const thread = await andrew.GET("/api/activities/{uuid}", { params: { path } });
  assert.deepEqual(thread.data?.replies.map((reply) => reply.message), ["seen"]);

  const found = await andrew.GET("/api/activities/search", {
    params: { query: { term: "zucchini" } },
  });
  assert.deepEqual(found.data?.map((activity) => activity.uuid), [post.uuid]);
  const notified = await priya.GET("/api/activities/notifications");
  assert.equal(notified.data?.[0]?.uuid, post.uuid);

  await andrew.DELETE("/api/activities/{uuid}", { params: { path } });
  const gone = await andrew.GET("/api/activities/{uuid}", { params: { path } });
  assert.equal(gone.response.status, 404);
  assert.ok(gone.error);
  assert.equal(codeOf(gone.error), "activity_not_found");
});

test("a write repeated with the same idempotency key is applied once", async () => {
  const andrew = await signIn("andrewbrown");
  const write = {
    body: { message: "once", ttl: "1-hour" } as const,
    headers: idempotencyKey(),
  };
  const first = await andrew.POST("/api/activities", write);
  const again = await andrew.POST("/api/activities", write);
  assert.ok(first.data);
  assert.deepEqual(again.data, first.data);
});

test("an error has the codes of its operation, and unwrap throws it", async () => {
  const andrew = await signIn("andrewbrown");
  const blank = { body: { message: " ", ttl: "1-hour" } as const };
  const { error } = await andrew.POST("/api/activities", blank);
  assert.ok(error);
  const code = codeOf(error);
  assert.equal(code, "message_blank");
  // @ts-expect-error: this operation never refuses with that code.
  assert.ok(code !== "search_term_blank");
  await assert.rejects(
    unwrap(andrew.POST("/api/activities", blank)),
    (thrown) => thrown instanceof Refusal && thrown.code === "message_blank" && thrown.response.status === 422,
  );
});

test("paginate yields every activity of home once, and pages does so page by page", async () => {
  const client = createClient({ baseUrl: server.baseUrl });
  const seen = new Set<string>();
  for await (const activity of paginate(client, "/api/activities/home", { query: { limit: 10 } })) {
    assert.ok(!seen.has(activity.uuid), "an activity is on two pages");
    seen.add(activity.uuid);
  }
  assert.ok(seen.size > 10, "the demo data fits on one page");
  const sizes: number[] = [];
  for await (const page of pages(client, "/api/activities/home", { query: { limit: 10 } })) sizes.push(page.length);
  assert.equal(sizes.reduce((sum, size) => sum + size), seen.size);
});

test("paginate yields the activities of a user and the replies to an activity", async () => {
  const [andrew, priya] = await Promise.all([signIn("andrewbrown"), signIn("priya_n")]);
  const post = await unwrap(andrew.POST("/api/activities", { body: { message: "count", ttl: "1-hour" } }));
  const path = { uuid: post.uuid };
  for (const message of ["one", "two", "three"]) {
    await unwrap(priya.POST("/api/activities/{uuid}/reply", { params: { path }, body: { message } }));
  }
  const replies: string[] = [];
  for await (const reply of paginate(andrew, "/api/activities/{uuid}", { path, query: { limit: 2 } })) {
    replies.push(reply.message);
  }
  assert.deepEqual(replies, ["one", "two", "three"]);
  const user = { path: { handle: "andrewbrown" }, query: { limit: 3 } };
  for await (const activity of paginate(andrew, "/api/activities/@{handle}", user)) {
    assert.equal(activity.handle, "andrewbrown");
  }
});

test("paginate throws the refusal of a page", async () => {
  const client = createClient({ baseUrl: server.baseUrl });
  const missing = { path: { handle: "no_such_user" } };
  await assert.rejects(
    paginate(client, "/api/activities/@{handle}", missing).next(),
    (thrown) => thrown instanceof Refusal && thrown.code === "user_not_found",
  );
});

test("a write whose answer was lost is retried and applied once", async () => {
  const { data } = await createClient({ baseUrl: server.baseUrl }).POST("/api/dev/session", { body: { handle: "bayko" } });
  let attempts = 0;
  const bayko = createClient({
    baseUrl: server.baseUrl,
    token: () => data?.token,
    async fetch(request) {
      const response = await fetch(request);
      attempts += 1;
      if (attempts === 1) throw new TypeError("the connection was lost");
      return response;
    },
  });
  const posted = await unwrap(bayko.POST("/api/activities", { body: { message: "only once", ttl: "1-hour" } }));
  assert.equal(attempts, 2);
  const mine = await unwrap(bayko.GET("/api/activities/search", { params: { query: { term: "only once" } } }));
  assert.deepEqual(mine.map((activity) => activity.uuid), [posted.uuid]);
});

test("a temporary refusal is retried, a lasting one and a write without a key are not", async () => {
  let attempts = 0;
  const answers = (status: number, body: unknown) => createClient({
    baseUrl: server.baseUrl,
    async fetch() {
      attempts += 1;
      const headers = { "Content-Type": "application/json", "Retry-After": "0" };
      return attempts < 3
        ? new Response(JSON.stringify(body), { status, headers })
        : new Response(JSON.stringify([]), { headers });
    },
  });
  await unwrap(answers(503, ["service_unavailable"]).GET("/api/activities/home"));
  assert.equal(attempts, 3);
  attempts = 0;
  const lasting = await answers(404, ["user_not_found"]).GET("/api/users/@{handle}", { params: { path: { handle: "x" } } });
  assert.equal(lasting.response.status, 404);
  assert.equal(attempts, 1);
  attempts = 0;
  const session = await answers(503, ["service_unavailable"]).POST("/api/dev/session", { body: { handle: "x" } });
  assert.equal(session.response.status, 503);
  assert.equal(attempts, 1);
});

test("a message can be read by its receiver and by no third user", async () => {
  const [andrew, priya, pete] = await Promise.all(
    ["andrewbrown", "priya_n", "OldPete"].map(signIn),
  );
  assert.ok(andrew && priya && pete);
  const sent = await andrew.POST("/api/messages", {
    body: { message: "between us", handle: "priya_n" },
  });
  assert.ok(sent.data);
  const groups = await priya.GET("/api/message_groups");
  const group = groups.data?.[0];
  assert.equal(group?.message, "between us");
  assert.ok(group);

  const response = await pete.GET("/api/messages/{uuid}", {
    params: { path: { uuid: group.uuid } },
  });
  assert.ok(response.error);
  assert.equal(codeOf(response.error), "message_group_not_found");
});
