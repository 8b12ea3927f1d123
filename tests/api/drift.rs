//! `cruddur db drift`: what a database has that the migrations do not make, and the other way round.

use cruddur::db::schema;
use serde_json::{Value, json};

use crate::support::{
    CommandOutput, Database, ExternalPostgres, all_postgres_programs, cruddur, default_programs,
};

async fn run(url: &str, arguments: &[&str]) -> CommandOutput {
    let mut command = cruddur(arguments);
    command.env("CONNECTION_URL", url);
    CommandOutput::of(command).await
}

/// The differences as `missing index users_handle_key`.
async fn differences(database: &Database) -> Vec<String> {
    let output = database.run(&["db", "drift", "--json"]).await;
    let report: Value = serde_json::from_str(&output.stdout).expect(&output.stderr);
    let found: Vec<String> = report["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let [difference, kind, name] =
                ["difference", "kind", "name"].map(|key| it[key].as_str().unwrap());
            format!("{difference} {kind} {name}")
        })
        .collect();
    assert_eq!(
        output.code,
        i32::from(!found.is_empty()),
        "{}",
        output.stderr
    );
    found
}

#[tokio::test]
async fn a_freshly_migrated_database_has_no_drift_and_no_scratch_database_is_left() {
    let database = Database::migrated().await;
    let report = database.run(&["db", "drift", "--json"]).await.report();
    assert_eq!(report["differences"], json!([]));
    let files = schema::migrations().unwrap().len();
    assert_eq!(report["migrations"], files);
    let scratch = format!(
        "select count(*) from pg_database where datname like '{}\\_drift%'",
        database.name
    );
    assert_eq!(database.count(&scratch).await, 0);
}

#[tokio::test]
async fn a_change_by_hand_is_found_in_every_kind_of_object() {
    // The statement that changes an object, and the difference.
    let changes = [
        ("create table notes (id integer)", "unexpected table notes"),
        ("drop table idempotent_answers", "missing table idempotent_answers"),
        ("alter table crud_count_changes set unlogged", "changed table crud_count_changes"),
        ("alter table users enable row level security", "changed table users"),
        ("alter table users add nickname text", "unexpected column users.nickname"),
        ("alter table admin_audit drop path cascade", "missing column admin_audit.path"),
        ("alter table users alter bio type varchar(900)", "changed column users.bio"),
        ("alter table users alter bio set default 'x'", "changed column users.bio"),
        ("alter table users alter bio drop not null", "changed column users.bio"),
        ("create index by_bio on users (bio)", "unexpected index by_bio"),
        ("drop index activities_thread_idx", "missing index activities_thread_idx"),
        (
            "drop index activities_thread_idx;
             create index activities_thread_idx on activities (reply_to_activity_uuid)",
            "changed index activities_thread_idx",
        ),
        (
            "update pg_index set indisvalid = false where indexrelid = 'activities_thread_idx'::regclass",
            "changed index activities_thread_idx",
        ),
        (
            "alter table users add constraint short check (bio <> 'x')",
            "unexpected constraint users.short",
        ),
        (
            "alter table users drop constraint users_bio_length",
            "missing constraint users.users_bio_length",
        ),
        (
            "alter table users drop constraint users_bio_length;
             alter table users add constraint users_bio_length check (char_length(bio) <= 500) not valid",
            "changed constraint users.users_bio_length",
        ),
        (
            "alter table reactions disable trigger reactions_count_made",
            "changed trigger reactions.reactions_count_made",
        ),
        (
            "drop trigger reactions_count_made on reactions",
            "missing trigger reactions.reactions_count_made",
        ),
        (
            "create or replace function free_handle(wanted text) returns text language sql stable as 'select wanted'",
            "changed function free_handle(wanted text)",
        ),
        (
            "alter function hours_to_live(timestamptz, timestamptz) volatile",
            "changed function hours_to_live(created_at timestamp with time zone, expires_at timestamp with time zone)",
        ),
        (
            "create function added() returns integer language sql as 'select 1'",
            "unexpected function added()",
        ),
        (
            "create procedure added() language sql as 'select 1'",
            "unexpected procedure added()",
        ),
        (
            "create or replace view live_activities as
             select uuid, user_uuid, message, replies_count, reposts_count, likes_count, reply_to_activity_uuid,
                 expires_at, created_at
             from activities",
            "changed view live_activities",
        ),
        ("create view added as select 1 as one", "unexpected view added"),
        (
            "create materialized view added as select 1 as one",
            "unexpected materialized view added",
        ),
        ("create sequence added", "unexpected sequence added"),
        ("create type mood as enum ('good', 'bad')", "unexpected enum mood"),
        ("create type pair as (one integer, two text)", "unexpected composite type pair"),
        ("create domain small as integer check (value < 10)", "unexpected domain small"),
        ("create extension pg_trgm", "unexpected extension pg_trgm"),
        (
            "drop statistics activities_hours_to_live",
            "missing statistics activities_hours_to_live",
        ),
        (
            "create policy everything on users using (true)",
            "unexpected policy users.everything",
        ),
        (
            "create rule nothing as on delete to users do instead nothing",
            "unexpected rule users.nothing",
        ),
    ];
    for (change, difference) in changes {
        let database = Database::migrated().await;
        database.execute(change).await;
        let found = differences(&database).await;
        assert!(
            found.contains(&difference.to_owned()),
            "{change}: {found:?}"
        );
    }
}

#[tokio::test]
async fn the_text_of_a_drift_shows_where_two_definitions_differ() {
    let database = Database::migrated().await;
    database
        .execute("alter table users alter bio set default 'x'; create table notes (id integer)")
        .await;
    assert_eq!(
        differences(&database).await,
        ["changed column users.bio", "unexpected table notes"],
        "a table stands for its columns"
    );
    let output = database.run(&["db", "drift"]).await;
    for line in [
        "  changed     column users.bio",
        "    expected  text not null default ''::text",
        "    found     text not null default 'x'::text",
        "  unexpected  table notes",
    ] {
        assert!(output.stdout.contains(line), "{}", output.stdout);
    }
}

#[tokio::test]
async fn only_the_migrations_that_a_database_has_applied_are_compared() {
    let database = Database::empty().await;
    let output = database.run(&["db", "drift"]).await;
    assert_eq!(output.code, 1);
    assert!(
        output.stderr.contains("cruddur db migrate"),
        "{}",
        output.stderr
    );
    database.run(&["db", "migrate", "--target", "5"]).await;
    assert_eq!(differences(&database).await, [] as [&str; 0]);
    database
        .execute(
            "insert into refinery_schema_history (version, name, applied_on, checksum)
             values (900, 'from_the_future', '', '1')",
        )
        .await;
    let output = database.run(&["db", "drift"]).await;
    assert_eq!(output.code, 1);
    assert!(
        output.stderr.contains("V900__from_the_future"),
        "{}",
        output.stderr
    );
}

#[tokio::test]
async fn every_version_of_postgresql_has_no_drift_after_the_migrations_and_shows_one_made_by_hand()
{
    for programs in all_postgres_programs() {
        let postgres = ExternalPostgres::start(&programs, None);
        let url = postgres.url("localhost");
        let migrated = run(&url, &["db", "migrate"]).await;
        assert_eq!(migrated.code, 0, "{}", migrated.stderr);
        let fresh = run(&url, &["db", "drift", "--json"]).await.report();
        assert_eq!(fresh["differences"], json!([]), "{}", programs.display());
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        client
            .batch_execute("create index by_bio on users (bio)")
            .await
            .unwrap();
        let drifted = run(&url, &["db", "drift"]).await;
        assert_eq!(drifted.code, 1, "{}", drifted.stdout);
        assert!(drifted.stdout.contains("by_bio"), "{}", drifted.stdout);
    }
}

#[tokio::test]
async fn an_account_that_may_not_create_databases_is_told_so() {
    let postgres = ExternalPostgres::start(&default_programs(), None);
    let url = postgres.url("localhost");
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let create =
        "create role plain login password 'open-sesame'; grant all on schema public to plain";
    client.batch_execute(create).await.unwrap();
    let plain = url.replace("user=cruddur", "user=plain");
    assert_eq!(run(&plain, &["db", "migrate"]).await.code, 0);
    let output = run(&plain, &["db", "drift"]).await;
    assert_eq!(output.code, 1);
    assert!(output.stderr.contains("createdb"), "{}", output.stderr);
    client
        .batch_execute("alter role plain createdb")
        .await
        .unwrap();
    let output = run(&plain, &["db", "drift"]).await;
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
}
