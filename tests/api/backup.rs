//! Backup and restore: a server on a restored backup gives the same response to every route.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Database, TestApp, id};

/// A temporary file; dropping the value deletes it.
struct File(PathBuf);

impl File {
    fn new(name: &str) -> Self {
        let name = format!("cruddur-backup-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn answers(app: &TestApp, post: &Value) -> Vec<Value> {
    let mut answers = Vec::new();
    for path in [
        "/api/activities/home".to_owned(),
        "/api/activities/@alice".to_owned(),
        format!("/api/activities/{}", id(post)),
        format!("/api/activities/@alice/status/{}", id(post)),
        "/api/activities/search?term=hello".to_owned(),
        "/api/users/@alice".to_owned(),
        "/api/users/@bob/short".to_owned(),
    ] {
        answers.push(app.get(&path).await.ok());
    }
    for handle in ["alice", "bob"] {
        let user = app.sign_in(handle).await;
        for path in ["/api/activities/notifications", "/api/message_groups"] {
            answers.push(user.get(path).await.ok());
        }
    }
    answers
}

#[tokio::test]
async fn a_server_on_a_restored_backup_gives_the_same_responses() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("hello @bob").await;
    bob.reply(&post, "hello yourself").await;
    let message = serde_json::json!({ "message": "psst", "user_receiver_handle": "bob" });
    alice.post("/api/messages", &message).await.ok();

    let file = File::new("alike");
    let backup = ["db", "backup", "--json", file.path()];
    let report = app.database.run(&backup).await.report();
    let found = std::fs::metadata(file.path()).unwrap();
    assert_eq!(report["bytes"], found.len());
    assert_eq!(found.permissions().mode() & 0o777, 0o600);
    let again = app.database.run(&backup).await;
    assert!(
        again.code == 1 && again.stderr.contains("exists"),
        "{}",
        again.stderr
    );

    let empty = Database::empty().await;
    let report = empty
        .run(&["db", "restore", "--json", file.path()])
        .await
        .report();
    assert_eq!(report["environment"], "development");
    let restored = TestApp::launch(empty, &[], &[]);
    restored.wait_for_log("\"schema\":\"current\"");
    assert_eq!(answers(&restored, &post).await, answers(&app, &post).await);
}

#[tokio::test]
async fn restoring_over_a_production_database_needs_its_name_and_keeps_its_stamp() {
    let (source, target) = (Database::migrated().await, Database::migrated().await);
    let user = "insert into users (cognito_user_id, handle, display_name)
        values ('s', 'source', 'Source')";
    source.execute(user).await;
    let file = File::new("guarded");
    let output = source.run(&["db", "backup", file.path()]).await;
    assert_eq!(output.code, 0, "{}", output.stderr);
    target
        .execute("update environment set name = 'production'")
        .await;
    // Restoring removes a table that the backup does not have.
    target
        .execute("create table of_a_later_version (n integer)")
        .await;

    let refused = target.run(&["db", "restore", file.path()]).await;
    assert!(
        refused.refused().contains("production"),
        "{}",
        refused.stderr
    );
    let users = "select count(*) from users where handle = 'source'";
    assert_eq!(target.count(users).await, 0);

    let by_name = [
        "db",
        "restore",
        "--json",
        "--confirm",
        &target.name,
        file.path(),
    ];
    let report = target.run(&by_name).await.report();
    assert_eq!(report["environment"], "production");
    assert_eq!(target.count(users).await, 1);
    let later_tables = "select count(*) from pg_tables where tablename = 'of_a_later_version'";
    assert_eq!(target.count(later_tables).await, 0);
}

#[tokio::test]
async fn restoring_a_file_that_is_not_a_backup_changes_nothing() {
    let database = Database::migrated().await;
    let file = File::new("broken");
    std::fs::write(file.path(), "PGDMP and then nonsense").unwrap();
    let output = database.run(&["db", "restore", file.path()]).await;
    assert_eq!(output.code, 1, "{}", output.stderr);
    assert_eq!(database.count("select count(*) from environment").await, 1);
}
