// The client against a running server: requests are accepted, and responses have the declared types.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import {
  type Activity,
  type Client,
  codeOf,
  createClient,
  idempotencyKey,
  nextCursor,
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

test("nextCursor leads through every page of home without duplicates", async () => {
  const client = createClient({ baseUrl: server.baseUrl });
  const seen = new Set<string>();
  let before: string | undefined;
  do {
    const query = { limit: 10, ...(before && { before }) };
    const { data, response } = await client.GET("/api/activities/home", { params: { query } });
    assert.ok(data);
    for (const activity of data) {
      assert.ok(!seen.has(activity.uuid), "an activity is on two pages");
      seen.add(activity.uuid);
    }
    before = nextCursor(response);
  } while (before);
  assert.ok(seen.size > 10, "the demo data fits on one page");
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
