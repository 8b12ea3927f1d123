// What tests change in the server's database, as time would.

/** Lets an activity expire in so many seconds; `database` is a psql session. */
export async function expireIn(database, { uuid }, seconds) {
  database.send(`update activities set expires_at = now() + interval '${seconds} seconds' where uuid = '${uuid}' returning 'done'`);
  await database.line();
}
