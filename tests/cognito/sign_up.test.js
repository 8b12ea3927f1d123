// From sign-up to the first crud: the real server and the real post-confirmation trigger, with an
// emulated Cognito and Lambda.

import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";

import { Server } from "../browser/support/server.js";
import { Cognito } from "./support/cognito.js";
import { Lambda } from "./support/lambda.js";

const TRIGGER = process.env.POST_CONFIRMATION;

let lambda, cognito, server;

before(async () => {
  lambda = await Lambda.start();
  cognito = await Cognito.start(lambda);
  server = await Server.start(cognito.settings);
  const socket = encodeURIComponent(path.join(server.dataDir, "socket"));
  lambda.run(TRIGGER, { CONNECTION_URL: `postgresql://cruddur@${socket}/cruddur` });
});

after(async () => {
  await server?.end();
  await cognito?.end();
  await lambda?.end();
});

const post = (token, message) => server.call("POST", "/api/activities", { message, ttl: "1-day" }, token);

test("a user who signs up and confirms can post, and finds the crud at home", async () => {
  await cognito.signUp("ada");
  await assert.rejects(server.call("GET", "/api/users/@ada"), /user_not_found/);
  await cognito.confirm("ada");
  assert.equal(lambda.invocations.length, 1);
  assert.equal(lambda.invocations[0].triggerSource, "PostConfirmation_ConfirmSignUp");

  const profile = await server.call("GET", "/api/users/@ada");
  assert.equal(profile.display_name, "The ada");
  const { access } = await cognito.signIn("ada");
  const posted = await post(access, "hello from Cognito");
  assert.equal(posted.handle, "ada");
  const home = await server.call("GET", "/api/activities/home", undefined, access);
  assert.deepEqual(home[0], posted);
});

test("a post with an id token in place of an access token is refused", async () => {
  await cognito.signUp("bob");
  await cognito.confirm("bob");
  const { id } = await cognito.signIn("bob");
  await assert.rejects(post(id, "with the wrong token"), /401 \["generic_401"\]/);
});

test("a user whom the trigger has missed is created by their first post", async () => {
  await cognito.create("grace");
  await assert.rejects(server.call("GET", "/api/users/@grace"), /user_not_found/);
  const { access } = await cognito.signIn("grace");
  assert.equal((await post(access, "created by my first post")).display_name, "The grace");
});

test("users sync creates a confirmed user of the pool who is missing in the database", async () => {
  await cognito.create("linus");
  await cognito.signUp("never_confirmed");
  const token = await server.adminToken();
  const report = await server.call("POST", "/admin/users/sync", {}, token);
  assert.deepEqual(report, {
    dry_run: false, found: 5, known: 3, made: 1, deleted: 0, unconfirmed: 1, incomplete: [], handles: [],
  });
  assert.equal((await server.call("GET", "/api/users/@linus")).handle, "linus");
});

test("/api/config names the user pool and its app client", async () => {
  const { sign_in } = await server.call("GET", "/api/config");
  assert.equal(sign_in.kind, "cognito");
  assert.equal(sign_in.user_pool_id, cognito.pool);
  assert.equal(sign_in.client_id, cognito.client);
});
