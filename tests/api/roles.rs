//! `cruddur db grant`: the server and the Cognito trigger each work with a role that may do nothing else.

use reqwest::Method;
use serde_json::json;
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;

use crate::post_confirmation::event;
use crate::support::{
    Answer, CommandOutput, Database, ExternalPostgres, PASSWORD, TestApp, Trigger, cruddur,
    default_programs, id,
};

/// Creates a role for the program and returns its connection URL.
async fn granted(database: &Database, program: &str) -> String {
    let role = format!("{program}_of_{}", database.name);
    let output = database
        .run(&["db", "grant", &role, "--for", program])
        .await;
    assert_eq!(output.code, 0, "{}", output.stderr);
    database.url().replace("cruddur@", &format!("{role}@"))
}

#[tokio::test]
async fn the_server_serves_with_a_role_that_may_not_change_the_schema() {
    let database = Database::migrated().await;
    let url = granted(&database, "server").await;
    let app = TestApp::launch(database, &[("CONNECTION_URL", &url)], &[]);
    app.wait_for_log("\"schema\":\"current\"");
    let alice = app.user("alice").await;
    let bob = app.user("bob").await;
    let crud = alice.create_activity("hello @bob, granted").await;
    bob.reply(&crud, "hello back").await;
    let path = format!("/api/activities/{}", id(&crud));
    bob.put(&format!("{path}/like")).await.ok();
    bob.put(&format!("{path}/repost")).await.ok();
    bob.post(&format!("{path}/report"), &json!({ "reason": "spam" }))
        .await
        .ok();
    alice
        .post(
            "/api/messages",
            &json!({ "message": "psst", "user_receiver_handle": "bob" }),
        )
        .await
        .ok();
    bob.put("/api/users/@alice/block").await.ok();
    bob.delete("/api/users/@alice/block").await.ok();
    let notices = bob.get("/api/notifications").await.ok();
    assert!(!notices.as_array().expect("notices").is_empty());
    assert_eq!(
        app.get("/api/activities/search?term=granted")
            .await
            .ok()
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    alice.delete(&path).await.ok();
    let confirmed = bob.request(Method::DELETE, "/api/profile");
    let confirmed = confirmed.json(&json!({ "confirm": "bob" }));
    Answer::of(confirmed).await.ok();
    for statement in [
        "drop table activities",
        "create table mine ()",
        "update refinery_schema_history set checksum = '0'",
        "update environment set name = 'development'",
    ] {
        let role = format!("server_of_{}", app.database.name);
        let refused = app
            .database
            .connect()
            .await
            .batch_execute(&format!("set role {role}; {statement}"))
            .await
            .expect_err(statement);
        assert_eq!(
            refused.code(),
            Some(&SqlState::INSUFFICIENT_PRIVILEGE),
            "{statement}: {refused}"
        );
    }
}

#[tokio::test]
async fn the_trigger_inserts_users_with_a_role_that_may_read_nothing_else() {
    let database = Database::migrated().await;
    let url = granted(&database, "trigger").await;
    let trigger = Trigger::start(&url, &[event("ada"), event("ada")]).await;
    for _ in 0..2 {
        let outcome = trigger.outcome();
        assert!(!outcome.is_error, "{outcome:?}");
    }
    assert_eq!(database.count("select count(*) from users").await, 1);
    for statement in [
        "select email from users",
        "select message from activities",
        "update users set handle = 'eve'",
        "delete from users",
    ] {
        let refused = database
            .connect()
            .await
            .batch_execute(&format!(
                "set role trigger_of_{}; {statement}",
                database.name
            ))
            .await
            .expect_err(statement);
        assert_eq!(
            refused.code(),
            Some(&SqlState::INSUFFICIENT_PRIVILEGE),
            "{statement}: {refused}"
        );
    }
}

#[tokio::test]
async fn a_repeated_grant_creates_no_role_and_covers_tables_that_are_new() {
    let database = Database::migrated().await;
    let role = format!("repeated_{}", database.name);
    let grant = ["db", "grant", &role, "--for", "server", "--json"];
    assert_eq!(database.run(&grant).await.report()["created"], true);
    database.execute("create table later (a integer)").await;
    assert_eq!(database.run(&grant).await.report()["created"], false);
    database
        .execute(&format!("set role {role}; select a from later"))
        .await;
}

#[tokio::test]
async fn db_grant_names_the_next_step_in_a_database_without_the_schema() {
    let database = Database::empty().await;
    let output = database
        .run(&["db", "grant", "too_early", "--for", "server"])
        .await;
    assert_eq!(output.code, 1);
    assert!(
        output.stderr.contains("cruddur db migrate"),
        "{}",
        output.stderr
    );
}

#[tokio::test]
async fn db_grant_with_iam_is_refused_outside_of_amazon_rds() {
    let database = Database::migrated().await;
    let output = database
        .run(&["db", "grant", "not_on_rds", "--for", "server", "--iam"])
        .await;
    assert_eq!(output.code, 1);
    assert!(
        output.stderr.contains("no role rds_iam"),
        "{}",
        output.stderr
    );
    let role = "select count(*) from pg_roles where rolname = 'not_on_rds'";
    assert_eq!(database.count(role).await, 0);
}

#[tokio::test]
async fn database_password_completes_a_connection_url_without_one() {
    let postgres = ExternalPostgres::start(&default_programs(), None);
    let password = format!("password={PASSWORD} ");
    let url = postgres.url("localhost").replace(&password, "");
    let run = async |arguments: &[&str]| {
        let mut command = cruddur(arguments);
        command
            .env("CONNECTION_URL", &url)
            .env("DATABASE_PASSWORD", PASSWORD);
        CommandOutput::of(command).await
    };
    let migrated = run(&["db", "migrate"]).await;
    assert_eq!(migrated.code, 0, "{}", migrated.stderr);

    // Amazon RDS has this role.
    let config: tokio_postgres::Config = postgres.url("localhost").parse().expect("a URL");
    let (client, connection) = config.connect(NoTls).await.expect("the test connects");
    tokio::spawn(connection);
    client
        .batch_execute("create role rds_iam")
        .await
        .expect("a role");
    let granted = run(&["db", "grant", "cruddur_app", "--for", "server", "--iam"]).await;
    assert_eq!(granted.code, 0, "{}", granted.stderr);
    assert!(
        granted.stdout.contains("grant rds_iam to cruddur_app;"),
        "{}",
        granted.stdout
    );
    for output in [migrated, granted] {
        let printed = output.stdout + &output.stderr;
        assert!(!printed.contains(PASSWORD), "{printed}");
    }
}

#[test]
fn database_password_is_refused_beside_another_password_and_never_shown() {
    for (url, word) in [
        (
            "postgresql://cruddur:first@localhost/cruddur",
            "CONNECTION_URL has a password",
        ),
        ("", "without a valid CONNECTION_URL"),
    ] {
        let output = cruddur(&["db", "status"])
            .env("CONNECTION_URL", url)
            .env("DATABASE_PASSWORD", "hunter2")
            .output()
            .expect("cruddur runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(word), "{stderr}");
        assert!(
            !stderr.contains("hunter2") && !stderr.contains("first"),
            "{stderr}"
        );
    }
}
