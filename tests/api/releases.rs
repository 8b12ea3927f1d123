//! Two releases side by side, while one of them rolls out: the statements of the previous one on the present schema, and
//! servers on the schema of a later one.

use std::path::{Path, PathBuf};

use serde_json::json;
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::support::{Database, TestApp, cruddur, eventually};

/// The folder with the statements of the previous release.
fn previous_release() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/previous_release")
}

fn statements(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            statements(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            found.push(path);
        }
    }
}

#[tokio::test]
async fn every_statement_of_the_previous_release_can_be_prepared_on_this_schema() {
    let database = Database::migrated().await;
    let client = database.connect().await;
    // The migrations create this table only where they find a prototype.
    let takeover = "create table prototype_takeover (outcome text, rows bigint)";
    client.batch_execute(takeover).await.unwrap();
    let mut paths = Vec::new();
    statements(&previous_release(), &mut paths);
    assert!(paths.len() > 60, "the statements were not found");
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        if let Err(error) = client.prepare(&text).await {
            panic!("{}: {:?}", path.display(), error.as_db_error());
        }
    }
}

/// Runs a statement of the previous release and returns the values of a column.
async fn run(client: &Client, file: &str, arguments: &str, column: &str) -> Vec<String> {
    let text = std::fs::read_to_string(previous_release().join(file)).unwrap();
    let sql =
        format!("prepare previous as {text}; execute previous{arguments}; deallocate previous");
    let messages = client.simple_query(&sql).await.unwrap();
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(column).unwrap_or("null").to_owned()),
        _ => None,
    });
    rows.collect()
}

#[tokio::test]
async fn what_a_server_of_the_previous_release_writes_and_reads_is_right_beside_this_one() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    app.insert_user("bob").await;
    let db = app.database.connect().await;
    let written = "(array['sub-bob'], array['of the previous release'], array[3600])";
    let post = run(&db, "activities/sql/insert_activities.sql", written, "uuid").await;
    assert_eq!(post.len(), 1);
    let path = format!("/api/activities/{}", post[0]);
    let replied = format!(
        "(array['sub-alice'], array['{}']::uuid[], array['and back'])",
        post[0]
    );
    let reply = run(
        &db,
        "activities/sql/insert_replies.sql",
        &replied,
        "parent_live",
    )
    .await;
    assert_eq!(reply, ["t"]);
    let thread = app.get(&path).await.ok();
    assert_eq!(thread["message"], "of the previous release");
    assert_eq!(thread["replies"][0]["message"], "and back");
    alice.create_activity("of this release").await;
    let home = "('infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 20)";
    let mut messages = run(&db, "activities/sql/list_home.sql", home, "message").await;
    messages.sort();
    assert_eq!(
        messages,
        ["and back", "of the previous release", "of this release"]
    );
    let asked = format!(
        "(array['{}']::uuid[], array['-infinity']::timestamptz[], \
         array['00000000-0000-0000-0000-000000000000']::uuid[], array[20])",
        post[0]
    );
    let thread = run(&db, "activities/sql/find_threads.sql", &asked, "message").await;
    assert_eq!(thread.len(), 2);
    let deleted = format!("('{}', 'sub-bob')", post[0]);
    let outcome = run(
        &db,
        "activities/sql/delete_activity.sql",
        &deleted,
        "is_deleted",
    )
    .await;
    assert_eq!(outcome, ["t"]);
    app.get(&path).await.refused(404, "activity_not_found");
}

const LATER_MIGRATION: &str =
    "insert into refinery_schema_history (version, name, applied_on, checksum)
    values (9001, 'of_a_later_release', '2030-01-01T00:00:00Z', '1')";

#[tokio::test]
async fn a_server_serves_on_the_schema_of_a_later_release_that_still_admits_it() {
    let database = Database::migrated().await;
    database.execute(LATER_MIGRATION).await;
    let app = TestApp::launch(database, &[], &[]);
    app.wait_for_log("\"schema\":\"current\"");
    assert_eq!(app.get("/readyz").await.ok(), json!({ "status": "ready" }));
    app.get("/api/activities/home").await.ok();
}

#[tokio::test]
async fn a_server_that_the_schema_no_longer_admits_says_that_it_needs_a_newer_release() {
    let app = TestApp::start().await;
    app.database.execute(LATER_MIGRATION).await;
    app.database
        .execute("update needed_release set migration = 9000")
        .await;
    eventually(async || app.get("/readyz").await.status == 503).await;
    let ready = app.get("/readyz").await;
    assert_eq!(ready.body["missing"], "release");
    let reason = ready.body["reason"].as_str().unwrap();
    assert!(reason.contains("knows migration 9000"), "{reason}");
    let home = app.get("/api/activities/home").await;
    home.refused(503, "service_unavailable");
    let output = cruddur(&["doctor", "--json"])
        .env("CONNECTION_URL", app.database.url())
        .output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(
        text.contains("it needs a release that knows migration 9000"),
        "{text}"
    );
    app.database
        .execute("update needed_release set migration = 1")
        .await;
    eventually(async || app.get("/readyz").await.status == 200).await;
}
