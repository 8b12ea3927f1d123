//! Backup and restore: a server on a restored backup gives the same response to every route.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Database, TestApp, cruddur, default_programs, eventually, id};

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
async fn restoring_a_file_that_is_not_a_whole_backup_changes_nothing() {
    let database = Database::migrated().await;
    let file = File::new("broken");
    database.run(&["db", "backup", file.path()]).await;
    let whole = std::fs::read(file.path()).unwrap();
    let truncated = &whole[..whole.len() - whole.len() / 4];
    for content in [truncated, b"PGDMP and then nonsense"] {
        std::fs::write(file.path(), content).unwrap();
        let output = database.run(&["db", "restore", file.path()]).await;
        assert_eq!(output.code, 1, "{}", output.stderr);
        assert_eq!(database.count("select count(*) from environment").await, 1);
        assert_eq!(databases_beside(&database).await, 0);
    }
}

#[tokio::test]
async fn a_restore_that_fails_half_way_leaves_the_production_database_with_its_rows_and_its_stamp()
{
    let database = production_database().await;
    let file = File::new("half");
    database.run(&["db", "backup", file.path()]).await;
    let programs = Programs::with(
        "pg_restore",
        // Restores the tables without their rows, then fails as PostgreSQL 18's program does with a server of 15.
        r#"
        case "$*" in *--dbname*) ;; *) exec "$real" "$@" ;; esac
        while [ $# -gt 1 ]; do
            if [ "$1" = --dbname ]; then database=$2; fi
            shift
        done
        "$real" --no-owner --section=pre-data --dbname "$database" "$1"
        echo 'pg_restore: error: unrecognized configuration parameter "transaction_timeout"' >&2
        exit 1
        "#,
    );
    let restore = ["db", "restore", "--confirm", &database.name, file.path()];
    let output = database
        .run_with(&[("PG_BIN_DIR", programs.path())], &restore)
        .await;
    assert_eq!(output.code, 1, "{}", output.stderr);
    assert!(
        output.stderr.contains("transaction_timeout"),
        "{}",
        output.stderr
    );
    assert_unchanged(&database).await;
}

#[tokio::test]
async fn a_restore_over_a_session_that_the_account_may_not_end_leaves_the_database_as_it_was() {
    let database = production_database().await;
    let file = File::new("session");
    database.run(&["db", "backup", file.path()]).await;
    let name = &database.name;
    database
        .execute(&format!(
            "create role owner_of_{name} login createdb; alter database {name} owner to owner_of_{name};
            grant all on all tables in schema public to owner_of_{name}"
        ))
        .await;
    let session = database.connect().await;
    let url = database
        .url()
        .replace("cruddur@", &format!("owner_of_{name}@"));
    let restore = ["db", "restore", "--confirm", name, file.path()];
    let output = database
        .run_with(&[("CONNECTION_URL", &*url)], &restore)
        .await;
    assert_eq!(output.code, 1, "{}", output.stderr);
    assert!(output.stderr.contains("did not end"), "{}", output.stderr);
    session.simple_query("select 1").await.unwrap();
    assert_unchanged(&database).await;
}

#[tokio::test]
async fn restoring_another_programs_backup_over_a_stamped_database_changes_nothing() {
    let (stranger, database) = (Database::empty().await, production_database().await);
    stranger.execute("create table invoices (n integer)").await;
    let file = File::new("stranger");
    stranger.run(&["db", "backup", file.path()]).await;
    let restore = ["db", "restore", "--confirm", &database.name, file.path()];
    let output = database.run(&restore).await;
    assert_eq!(output.code, 1, "{}", output.stderr);
    assert!(
        output.stderr.contains("stamped production"),
        "{}",
        output.stderr
    );
    assert_unchanged(&database).await;
}

#[tokio::test]
async fn an_interrupted_restore_removes_the_database_that_it_has_begun() {
    let database = production_database().await;
    let file = File::new("interrupted");
    database.run(&["db", "backup", file.path()]).await;
    let programs = Programs::with(
        "pg_restore",
        r#"case "$*" in *--dbname*) exec sleep 600 ;; *) exec "$real" "$@" ;; esac"#,
    );
    for signal in ["-TERM", "-INT"] {
        let mut command = cruddur(&["db", "restore", "--confirm", &database.name, file.path()]);
        command
            .env("CONNECTION_URL", database.url())
            .env("PG_BIN_DIR", programs.path());
        let begun = async || databases_beside(&database).await == 1;
        let stderr = interrupt(command, signal, begun).await;
        assert!(stderr.contains("interrupted"), "{stderr}");
        assert_unchanged(&database).await;
    }
}

#[tokio::test]
async fn an_interrupted_backup_leaves_no_file() {
    let database = Database::migrated().await;
    let programs = Programs::with(
        "pg_dump",
        r#"
        case "$*" in --version) exec "$real" "$@" ;; esac
        while [ "$1" != --file ]; do shift; done
        echo begun >"$2"
        exec sleep 600
        "#,
    );
    let folder = tempfile::tempdir().unwrap();
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    for signal in ["-TERM", "-INT"] {
        let file = folder.path().join("monday.dump");
        let mut command = cruddur(&["db", "backup", file.to_str().unwrap()]);
        command
            .env("CONNECTION_URL", database.url())
            .env("PG_BIN_DIR", programs.path());
        let stderr = interrupt(command, signal, async || files() == 1).await;
        assert!(stderr.contains("interrupted"), "{stderr}");
        assert_eq!(files(), 0);
    }
}

#[tokio::test]
async fn a_running_server_serves_the_restored_database() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let kept = alice.create_activity("kept").await;
    let file = File::new("running");
    app.database.run(&["db", "backup", file.path()]).await;
    let removed = alice.create_activity("removed").await;
    let session = app.database.connect().await;
    session
        .batch_execute("begin; lock table users")
        .await
        .unwrap();
    let output = app.database.run(&["db", "restore", file.path()]).await;
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(session.simple_query("select 1").await.is_err());
    let home = async || app.get("/api/activities/home").await;
    eventually(async || home().await.status == 200).await;
    let home = home().await.ok();
    assert_eq!(home[0]["uuid"], kept["uuid"], "{removed}");
    assert_eq!(databases_beside(&app.database).await, 0);
}

/// The programs of PostgreSQL, one of them replaced by a script that finds the original in `$real`.
struct Programs(tempfile::TempDir);

impl Programs {
    fn with(name: &str, script: &str) -> Self {
        let programs = Self(tempfile::tempdir().unwrap());
        let original = default_programs();
        for program in ["psql", "pg_dump", "pg_restore"] {
            let path = programs.0.path().join(program);
            if program != name {
                std::os::unix::fs::symlink(original.join(program), path).unwrap();
                continue;
            }
            let real = original.join(program);
            let text = format!("#!/bin/sh\nreal='{}'\n{script}\n", real.display());
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        programs
    }

    fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }
}

/// A database that is stamped `production`, with one user.
async fn production_database() -> Database {
    let database = Database::migrated().await;
    database
        .execute(
            "update environment set name = 'production';
            insert into users (cognito_user_id, handle, display_name) values ('a', 'alice', 'Alice')",
        )
        .await;
    database
}

/// Asserts that a database is the one that [`production_database`] made, and that nothing is left beside it.
async fn assert_unchanged(database: &Database) {
    let users = "select count(*) from users where handle = 'alice'";
    assert_eq!(database.count(users).await, 1);
    database.run(&["db", "drop"]).await.refused();
    assert_eq!(databases_beside(database).await, 0);
}

/// The number of databases that a restore has created beside this one or renamed.
async fn databases_beside(database: &Database) -> i64 {
    let name = &database.name;
    let beside =
        format!("select count(*) from pg_database where datname ~ '^{name}_(restore|old)_'");
    database.count(&beside).await
}

/// Sends `signal` to the command when it has begun, asserts that it fails, and returns its standard error.
async fn interrupt(
    mut command: std::process::Command,
    signal: &str,
    has_begun: impl AsyncFn() -> bool,
) -> String {
    let process = command.stderr(Stdio::piped()).spawn().unwrap();
    eventually(has_begun).await;
    let pid = process.id().to_string();
    let sent = std::process::Command::new("kill")
        .args([signal, &pid])
        .status();
    assert!(sent.unwrap().success());
    let output = tokio::task::spawn_blocking(|| process.wait_with_output())
        .await
        .unwrap()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    stderr
}

/// Sends an archive to be restored, and returns the status and the lines of the response.
async fn restore_over_http(app: &TestApp, query: &str, archive: Vec<u8>) -> (u16, Vec<Value>) {
    let path = format!("/admin/database/restore{query}");
    let request = app.admin().request(reqwest::Method::POST, &path);
    let response = request.body(archive).send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    (status, lines.collect())
}

async fn back_up_over_http(app: &TestApp) -> Vec<u8> {
    let request = app
        .admin()
        .request(reqwest::Method::POST, "/admin/database/backup");
    let response = request.send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    response.bytes().await.unwrap().to_vec()
}

#[tokio::test]
async fn a_backup_that_a_server_sends_is_one_that_it_restores_with_progress() {
    let app = TestApp::start_operated().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("hello").await;
    let archive = back_up_over_http(&app).await;
    assert!(archive.starts_with(b"PGDMP"));
    let path = format!("/api/activities/{}", id(&post));
    alice.delete(&path).await;
    assert_eq!(app.get(&path).await.status, 404);

    let (status, lines) = restore_over_http(&app, "", archive).await;
    assert_eq!(status, 200);
    let end = lines.last().unwrap();
    assert_eq!(end["report"]["environment"], "development", "{end}");
    let total = end["report"]["objects"].as_u64().unwrap();
    let done: Vec<u64> = lines
        .iter()
        .filter_map(|line| line["done"].as_u64())
        .collect();
    assert_eq!(done.last(), Some(&total), "{lines:?}");
    assert!(done.is_sorted(), "{done:?}");
    eventually(async || app.get(&path).await.status == 200).await;
}

#[tokio::test]
async fn a_restore_over_http_needs_an_archive_and_in_production_the_databases_name() {
    let app = TestApp::start_operated().await;
    let archive = back_up_over_http(&app).await;
    let cut = archive[..archive.len() / 2].to_vec();
    let (status, lines) = restore_over_http(&app, "", cut).await;
    assert_eq!(status, 200);
    assert!(lines.last().unwrap()["failure"].is_string(), "{lines:?}");
    let (status, lines) = restore_over_http(&app, "", b"hello".to_vec()).await;
    assert_eq!(
        (status, &lines[0]["code"]),
        (422, &"operation_failed".into())
    );

    app.database
        .execute("update environment set name = 'production'")
        .await;
    let (status, lines) = restore_over_http(&app, "", archive.clone()).await;
    assert_eq!(
        (status, &lines[0]["code"]),
        (409, &"refused_by_guard".into())
    );
    let confirmed = format!("?confirm={}", app.database.name);
    let (status, lines) = restore_over_http(&app, &confirmed, archive).await;
    assert_eq!(status, 200);
    let end = lines.last().unwrap();
    assert_eq!(end["report"]["environment"], "production", "{end}");
}
