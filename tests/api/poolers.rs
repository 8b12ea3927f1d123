//! Connection poolers between the server and PostgreSQL: those that refuse or ignore start-up options, and those that give
//! a connection another session for each transaction.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};
use tokio_postgres::{Client, NoTls};

use crate::support::{
    Answer, Database, LiveStream, PoolMode, PoolerFront, StartupOptions, TestApp, Trigger, cruddur,
    eventually, id,
};

/// The settings that the server needs.
const SETTINGS: [&str; 8] = [
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "default_transaction_isolation",
    "jit",
    "plan_cache_mode",
    "enable_seqscan",
    "client_min_messages",
];

fn serve(front: &PoolerFront, database: Database, settings: &[(&str, &str)]) -> TestApp {
    let url = front.url(&database);
    let settings: Vec<_> = settings
        .iter()
        .copied()
        .chain([("CONNECTION_URL", url.as_str())])
        .collect();
    TestApp::launch(database, &settings, &[])
}

/// Posts with a key, replies, likes, searches, reads what was written and deletes it, several times at once.
async fn use_everything(app: &TestApp) {
    let alice = app.user("alice").await;
    let bob = app.user("bob").await;
    let rounds = (0..6).map(async |number| {
        let text = format!("mulberry {number}");
        let body = json!({ "message": text, "ttl": "1-hour" });
        let key = format!("key-{number}");
        let write = async || {
            let request = alice.request(Method::POST, "/api/activities");
            let request = request.header("Idempotency-Key", &key).json(&body);
            Answer::of(request).await.ok()
        };
        let (post, again) = (write().await, write().await);
        assert_eq!(post, again);
        let path = format!("/api/activities/{}", id(&post));
        bob.reply(&post, "and back").await;
        bob.put(&format!("{path}/like")).await.ok();
        let thread = app.get(&path).await.ok();
        assert_eq!(thread["replies"][0]["message"], "and back");
        assert_eq!(thread["likes_count"], 1);
        app.get("/api/users/@alice").await.ok();
        app.get("/api/activities/@alice").await.ok();
        bob.get("/api/activities/home?include=viewer").await.ok();
        bob.get("/api/notifications").await.ok();
        bob.get("/api/message_groups").await.ok();
        eventually(async || {
            let search = format!("/api/activities/search?term=mulberry+{number}");
            let found = app.get(&search).await.ok();
            found.as_array().is_some_and(|found| !found.is_empty())
        })
        .await;
        alice.delete(&path).await.ok();
        app.get(&path).await.refused(404, "activity_not_found");
    });
    join_all(rounds).await;
    assert_eq!(app.get("/api/activities/home").await.ok(), json!([]));
}

#[rstest]
#[case::session_refusing(StartupOptions::Refused, PoolMode::Session)]
#[case::session_ignoring(StartupOptions::Ignored, PoolMode::Session)]
#[case::transaction_refusing(StartupOptions::Refused, PoolMode::Transaction)]
#[case::transaction_ignoring(StartupOptions::Ignored, PoolMode::Transaction)]
#[tokio::test]
async fn the_server_works_through_a_pooler_that_does_not_apply_start_up_options(
    #[case] options: StartupOptions,
    #[case] mode: PoolMode,
) {
    // In session mode each connection of the server has a session.
    let size = match mode {
        PoolMode::Session => 60,
        _ => 5,
    };
    let front = PoolerFront::start(options, mode, size);
    let app = serve(&front, Database::migrated().await, &[]);
    app.wait_for_log("\"schema\":\"current\"");
    use_everything(&app).await;
    assert_eq!(app.get("/readyz").await.ok(), json!({ "status": "ready" }));
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn settings(client: &Client) -> Vec<String> {
    let mut values = Vec::new();
    for name in SETTINGS {
        let rows = client.simple_query(&format!("show {name}")).await.unwrap();
        let value = rows.iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        values.push(format!("{name}={}", value.unwrap()));
    }
    values
}

/// The settings of all sessions that the pooler has opened: each transaction holds one.
async fn settings_of_sessions(front: &PoolerFront, database: &Database) -> BTreeSet<Vec<String>> {
    let mut clients = Vec::new();
    let mut found = BTreeSet::new();
    for _ in 0..front.opened() {
        let client = connect(&front.url(database)).await;
        client.batch_execute("begin").await.unwrap();
        found.insert(settings(&client).await);
        clients.push(client);
    }
    found
}

/// How many advisory locks exist in the database.
async fn advisory_locks(database: &Database) -> i64 {
    let query = "select count(*) from pg_locks
        where locktype = 'advisory'
            and database = (select oid from pg_database where datname = current_database())";
    database.count(query).await
}

#[tokio::test]
async fn neither_locks_nor_settings_stay_in_the_sessions_of_a_pooler() {
    let front = PoolerFront::start(StartupOptions::Ignored, PoolMode::Transaction, 5);
    let database = Database::migrated().await;
    let untouched = BTreeSet::from([settings(&database.connect().await).await]);
    let app = serve(&front, database, &[]);
    app.wait_for_log("\"schema\":\"current\"");
    use_everything(&app).await;
    let url = front.url(&app.database);
    for command in [["db", "status"], ["db", "seed"]] {
        let output = cruddur(&command).env("CONNECTION_URL", &url).output();
        assert!(output.unwrap().status.success());
    }
    app.terminate();
    app.wait_for_exit();
    assert_eq!(advisory_locks(&app.database).await, 0);
    let found = settings_of_sessions(&front, &app.database).await;
    assert_eq!(found, untouched);
}

#[tokio::test]
async fn eight_migrators_at_once_through_a_pooler_leave_a_current_schema_and_no_lock() {
    let database = Database::empty().await;
    let untouched = BTreeSet::from([settings(&database.connect().await).await]);
    let front = PoolerFront::start(StartupOptions::Ignored, PoolMode::Transaction, 5);
    let url = front.url(&database);
    let migrators: Vec<_> = (0..8)
        .map(|_| {
            cruddur(&["db", "migrate", "--json"])
                .env("CONNECTION_URL", &url)
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let mut appliers = 0;
    for migrator in migrators {
        let output = migrator.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stderr}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        appliers += usize::from(report["applied_now"] != json!([]));
        let pending = report["migrations"].as_array().unwrap().iter();
        assert_eq!(pending.filter(|one| one["applied_on"].is_null()).count(), 0);
    }
    assert_eq!(appliers, 1);
    assert_eq!(advisory_locks(&database).await, 0);
    assert_eq!(settings_of_sessions(&front, &database).await, untouched);
}

#[rstest]
#[case::refusing(StartupOptions::Refused, "RDS Proxy")]
#[case::ignoring(StartupOptions::Ignored, "a connection pooler")]
#[tokio::test]
async fn readiness_and_the_doctor_name_a_pooler_that_loses_prepared_statements(
    #[case] options: StartupOptions,
    #[case] name: &str,
) {
    let mode = PoolMode::TransactionWithoutStatements;
    let front = PoolerFront::start(options, mode, 5);
    let app = serve(&front, Database::migrated().await, &[]);
    app.wait_for_log("the pooler loses prepared statements");
    let ready = app.get("/readyz").await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.body["missing"], "prepared_statements");
    let reason = ready.body["reason"].as_str().unwrap();
    assert!(
        reason.starts_with(&format!("{name} loses prepared statements")),
        "{reason}"
    );
    assert!(reason.contains("PgBouncer 1.21"), "{reason}");
    let home = app.get("/api/activities/home").await;
    home.refused(503, "service_unavailable");
    let output = cruddur(&["doctor", "--json"])
        .env("CONNECTION_URL", front.url(&app.database))
        .output()
        .unwrap();
    let diagnosis: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = diagnosis["checks"].as_array().unwrap();
    let check = checks
        .iter()
        .find(|check| check["name"] == "pooler")
        .unwrap();
    assert_eq!(check["verdict"], "red");
    let finding = format!("{name} loses prepared statements");
    assert_eq!(check["finding"], finding);
}

#[rstest]
#[case::refusing(StartupOptions::Refused, PoolMode::Session)]
#[case::transactions(StartupOptions::Ignored, PoolMode::Transaction)]
#[tokio::test]
async fn the_cognito_trigger_works_through_a_pooler(
    #[case] options: StartupOptions,
    #[case] mode: PoolMode,
) {
    let front = PoolerFront::start(options, mode, 2);
    let database = Database::migrated().await;
    let events: Vec<Value> = ["ada", "grace"]
        .map(|handle| {
            json!({
                "triggerSource": "PostConfirmation_ConfirmSignUp",
                "request": { "userAttributes": {
                    "sub": format!("sub-{handle}"),
                    "name": handle,
                    "preferred_username": handle,
                    "email": "someone@example.com",
                } },
            })
        })
        .to_vec();
    let trigger = Trigger::start(&front.url(&database), &events).await;
    for _ in &events {
        let outcome = trigger.outcome();
        assert!(!outcome.is_error, "{outcome:?}");
    }
    assert_eq!(database.count("select count(*) from users").await, 2);
}

#[tokio::test]
async fn a_stream_tells_every_change_through_a_pooler_in_transaction_mode() {
    let front = PoolerFront::start(StartupOptions::Ignored, PoolMode::Transaction, 5);
    let app = serve(&front, Database::migrated().await, &[]);
    app.wait_for_log("\"schema\":\"current\"");
    let alice = app.user("alice").await;
    let page = app.get("/api/activities/home").await;
    let mut cursor = page.header("live-cursor").unwrap().to_owned();
    for number in 0..10 {
        let first = alice.create_activity(&format!("first {number}")).await;
        let mut stream = LiveStream::open(&app, &format!("topics=home&after={cursor}")).await;
        let second = alice.create_activity(&format!("second {number}")).await;
        assert_eq!(stream.expect().await.data, first);
        assert_eq!(stream.expect().await.data, second);
        cursor = stream.id;
    }
}
