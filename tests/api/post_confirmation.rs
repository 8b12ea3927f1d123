//! Cognito's post-confirmation trigger: the tests run the program and send it events through a fake of Lambda's
//! runtime API.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Database, Outcome, Trigger};

/// Cognito's time-out for the response of a trigger.
const COGNITO_TIMEOUT: Duration = Duration::from_secs(5);

pub fn event(handle: &str) -> Value {
    json!({
        "version": "1",
        "region": "us-east-1",
        "userPoolId": "us-east-1_Tests",
        "userName": "5f0b3e8e-0000-4000-8000-000000000001",
        "callerContext": { "awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "client" },
        "triggerSource": "PostConfirmation_ConfirmSignUp",
        "request": {
            "userAttributes": {
                "sub": format!("sub-{handle}"),
                "cognito:user_status": "CONFIRMED",
                "email_verified": "true",
                "name": "Ada Lovelace",
                "preferred_username": handle,
                "email": "ada@example.com",
            },
            "clientMetadata": { "a key": "that the trigger does not know", "nested": [1, null, { "x": true }] },
        },
        "response": {},
    })
}

fn with_attribute(mut event: Value, name: &str, value: Value) -> Value {
    event["request"]["userAttributes"][name] = value;
    event
}

/// Sends the events to the trigger and returns their outcomes, in order.
async fn run(database: &Database, events: &[Value]) -> Vec<Outcome> {
    let trigger = Trigger::start(&database.url(), events).await;
    events.iter().map(|_| trigger.outcome()).collect()
}

async fn users(database: &Database) -> Vec<Value> {
    let client = database.connect().await;
    let rows = client
        .query(
            "select json_build_array(cognito_user_id, handle, display_name, email)
             from users order by handle",
            &[],
        )
        .await
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_confirmed_sign_up_inserts_one_user_and_returns_the_event_unchanged() {
    let database = Database::migrated().await;
    let outcomes = run(&database, &[event("ada")]).await;
    assert!(!outcomes[0].is_error, "{outcomes:?}");
    assert_eq!(outcomes[0].body, event("ada"));
    assert_eq!(
        users(&database).await,
        [json!(["sub-ada", "ada", "Ada Lovelace", "ada@example.com"])]
    );
}

#[tokio::test]
async fn a_repeated_event_inserts_no_second_user() {
    let database = Database::migrated().await;
    let mut renamed = with_attribute(event("countess"), "sub", json!("sub-ada"));
    renamed = with_attribute(renamed, "name", json!("Countess"));
    let mut events = vec![event("ada"); 5];
    events.push(renamed);
    for outcome in run(&database, &events).await {
        assert!(!outcome.is_error, "{outcome:?}");
    }
    assert_eq!(
        users(&database).await,
        [json!(["sub-ada", "ada", "Ada Lovelace", "ada@example.com"])]
    );
}

#[tokio::test]
async fn a_confirmed_password_reset_inserts_no_user() {
    let database = Database::migrated().await;
    let mut forgotten = event("ada");
    forgotten["triggerSource"] = json!("PostConfirmation_ConfirmForgotPassword");
    let outcomes = run(&database, std::slice::from_ref(&forgotten)).await;
    assert!(!outcomes[0].is_error, "{outcomes:?}");
    assert_eq!(outcomes[0].body, forgotten);
    assert_eq!(database.count("select count(*) from users").await, 0);
}

#[tokio::test]
async fn a_preferred_handle_that_is_taken_or_illegal_becomes_a_free_legal_one() {
    let database = Database::migrated().await;
    let as_sub = |sub: &str, handle: &str| {
        let named = with_attribute(event(handle), "sub", json!(sub));
        with_attribute(named, "email", Value::Null)
    };
    let long = "a".repeat(30);
    let events = [
        as_sub("1", "ada"),
        as_sub("2", "ADA"),
        as_sub("3", "ada"),
        as_sub("4", "ada.lovelace@example"),
        as_sub("5", ""),
        as_sub("6", &format!("{long}bc")),
        as_sub("7", &long),
        with_attribute(as_sub("8", "nul\0"), "name", json!(" \0 ")),
    ];
    for outcome in run(&database, &events).await {
        assert!(!outcome.is_error, "{outcome:?}");
    }
    let expected = [
        ("1", "ada", "Ada Lovelace"),
        ("2", "ADA1", "Ada Lovelace"),
        ("3", "ada2", "Ada Lovelace"),
        ("4", "ada_lovelace_example", "Ada Lovelace"),
        ("5", "user", "Ada Lovelace"),
        ("6", &long, "Ada Lovelace"),
        ("7", &format!("{}1", "a".repeat(29)), "Ada Lovelace"),
        ("8", "nul", "nul"),
    ];
    for (sub, handle, name) in expected {
        let found = database
            .count(&format!(
                "select count(*) from users
                 where cognito_user_id = '{sub}' and handle = '{handle}'
                     and display_name = '{name}' and email is null"
            ))
            .await;
        assert_eq!(found, 1, "{sub} {handle}");
    }
}

#[tokio::test]
async fn concurrent_sign_ups_with_one_preferred_handle_get_different_handles() {
    let database = Database::migrated().await;
    let mut triggers = Vec::new();
    for n in 0..6 {
        let event = with_attribute(event("ada"), "sub", json!(format!("sub-{n}")));
        triggers.push(Trigger::start(&database.url(), &[event]).await);
    }
    for trigger in triggers {
        assert!(!trigger.outcome().is_error);
    }
    let handles = "select count(distinct lower(handle)) from users where handle like 'ada%'";
    assert_eq!(database.count(handles).await, 6);
}

#[tokio::test]
async fn an_event_without_a_required_attribute_fails_and_the_next_event_succeeds() {
    let database = Database::migrated().await;
    let mut events: Vec<Value> = ["sub", "preferred_username", "name"]
        .into_iter()
        .map(|name| with_attribute(event("ada"), name, Value::Null))
        .collect();
    events.push(with_attribute(event("ada"), "sub", json!("")));
    events.push(json!({ "triggerSource": "PostConfirmation_ConfirmSignUp" }));
    events.push(event("grace"));
    let outcomes = run(&database, &events).await;
    let failed: Vec<bool> = outcomes.iter().map(|outcome| outcome.is_error).collect();
    assert_eq!(failed, [true, true, true, true, true, false]);
    assert_eq!(
        outcomes[0].body["errorMessage"],
        json!("the attribute `sub` is missing")
    );
    assert_eq!(database.count("select count(*) from users").await, 1);
}

#[tokio::test]
async fn a_database_that_refuses_connections_is_reported_before_cognito_times_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    assert_fails_before_timeout(&format!(
        "postgresql://u:p@127.0.0.1:{port}/d?sslmode=disable"
    ))
    .await;
}

#[tokio::test]
async fn a_database_that_never_responds_is_reported_before_cognito_times_out() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    assert_fails_before_timeout(&format!(
        "postgresql://u:p@127.0.0.1:{port}/d?sslmode=disable"
    ))
    .await;
}

#[tokio::test]
async fn a_locked_users_table_is_reported_before_cognito_times_out() {
    let database = Database::migrated().await;
    let mut client = database.connect().await;
    let transaction = client.transaction().await.unwrap();
    transaction
        .batch_execute("lock table users in exclusive mode")
        .await
        .unwrap();
    assert_fails_before_timeout(&database.url()).await;
    transaction.rollback().await.unwrap();
    assert_eq!(database.count("select count(*) from users").await, 0);
}

async fn assert_fails_before_timeout(connection_url: &str) {
    let trigger = Trigger::start(connection_url, &[event("ada")]).await;
    let outcome = trigger.outcome();
    assert!(outcome.is_error, "{outcome:?}");
    assert!(outcome.after < COGNITO_TIMEOUT, "{outcome:?}");
}

#[tokio::test]
async fn the_trigger_retries_on_a_new_connection_when_the_database_closes_the_first() {
    let database = Database::migrated().await;
    database
        .execute(
            "create sequence attempts;
             create function close_first_connection() returns trigger language plpgsql as $$
             begin
                 if nextval('attempts') = 1 then
                     perform pg_terminate_backend(pg_backend_pid());
                 end if;
                 return new;
             end $$;
             create trigger close_first before insert on users
                 for each row execute function close_first_connection()",
        )
        .await;
    let outcomes = run(&database, &[event("ada")]).await;
    assert!(!outcomes[0].is_error, "{outcomes:?}");
    assert_eq!(database.count("select count(*) from users").await, 1);
    assert_eq!(database.count("select last_value from attempts").await, 2);
}

#[tokio::test]
async fn the_log_and_the_error_contain_no_personal_data() {
    let database = Database::migrated().await;
    let forbidden = "alter table users add constraint forbidden_handle check (handle <> 'grace')";
    database.execute(forbidden).await;
    let events = [event("ada"), event("grace")];
    let trigger = Trigger::start(&database.url(), &events).await;
    assert!(!trigger.outcome().is_error);
    let refused = trigger.outcome();
    assert!(refused.is_error);
    let log = trigger.log();
    assert!(log.contains("the user is registered"), "{log}");
    assert!(log.contains("SQLSTATE 23514"), "{log}");
    let output = format!("{log}{}", refused.body);
    for personal in ["ada", "Ada", "Lovelace", "example.com", "grace", "sub-"] {
        assert!(!output.contains(personal), "{personal} is in {output}");
    }
}

#[test]
fn the_trigger_does_not_start_without_a_connection_url() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_post-confirmation"))
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(log.contains("CONNECTION_URL must be set"), "{log}");
}
