//! The Cognito trigger, the real binary, through Lambda's runtime API.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Database, Outcome, Trigger};

/// How long Cognito waits.
const COGNITO_WAITS: Duration = Duration::from_secs(5);

fn event(handle: &str) -> Value {
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
            "clientMetadata": { "a key": "that nobody knows", "nested": [1, null, { "x": true }] },
        },
        "response": {},
    })
}

fn with_attribute(mut event: Value, name: &str, value: Value) -> Value {
    event["request"]["userAttributes"][name] = value;
    event
}

/// All outcomes of the events, in order.
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
async fn a_sign_up_makes_one_row_and_returns_the_event_unchanged() {
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
async fn the_same_event_five_times_is_still_one_row() {
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
async fn a_forgotten_password_makes_nobody() {
    let database = Database::migrated().await;
    let mut forgotten = event("ada");
    forgotten["triggerSource"] = json!("PostConfirmation_ConfirmForgotPassword");
    let outcomes = run(&database, std::slice::from_ref(&forgotten)).await;
    assert!(!outcomes[0].is_error, "{outcomes:?}");
    assert_eq!(outcomes[0].body, forgotten);
    assert_eq!(database.count("select count(*) from users").await, 0);
}

#[tokio::test]
async fn a_handle_that_is_taken_or_illegal_becomes_one_that_is_neither() {
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
async fn many_who_want_one_handle_at_once_all_get_one() {
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
async fn missing_attributes_are_an_error_and_the_next_event_goes_on() {
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
async fn a_database_that_is_down_is_an_error_in_time() {
    let nobody_listens = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = nobody_listens.local_addr().unwrap().port();
    drop(nobody_listens);
    fails_in_time(&format!(
        "postgresql://u:p@127.0.0.1:{port}/d?sslmode=disable"
    ))
    .await;
}

#[tokio::test]
async fn a_database_that_takes_the_connection_and_says_nothing_is_an_error_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    fails_in_time(&format!(
        "postgresql://u:p@127.0.0.1:{port}/d?sslmode=disable"
    ))
    .await;
}

#[tokio::test]
async fn a_database_that_is_slow_is_an_error_in_time() {
    let database = Database::migrated().await;
    let mut client = database.connect().await;
    let transaction = client.transaction().await.unwrap();
    transaction
        .batch_execute("lock table users in exclusive mode")
        .await
        .unwrap();
    fails_in_time(&database.url()).await;
    transaction.rollback().await.unwrap();
    assert_eq!(database.count("select count(*) from users").await, 0);
}

async fn fails_in_time(connection_url: &str) {
    let trigger = Trigger::start(connection_url, &[event("ada")]).await;
    let outcome = trigger.outcome();
    assert!(outcome.is_error, "{outcome:?}");
    assert!(outcome.after < COGNITO_WAITS, "{outcome:?}");
}

#[tokio::test]
async fn a_connection_that_is_cut_is_replaced() {
    let database = Database::migrated().await;
    database
        .execute(
            "create sequence cuts;
             create function cut_once() returns trigger language plpgsql as $$
             begin
                 if nextval('cuts') = 1 then
                     perform pg_terminate_backend(pg_backend_pid());
                 end if;
                 return new;
             end $$;
             create trigger cut before insert on users for each row execute function cut_once()",
        )
        .await;
    let outcomes = run(&database, &[event("ada")]).await;
    assert!(!outcomes[0].is_error, "{outcomes:?}");
    assert_eq!(database.count("select count(*) from users").await, 1);
    assert_eq!(database.count("select last_value from cuts").await, 2);
}

#[tokio::test]
async fn the_log_holds_no_personal_data() {
    let database = Database::migrated().await;
    let forbidden = "alter table users add constraint nobody check (handle <> 'grace')";
    database.execute(forbidden).await;
    let events = [event("ada"), event("grace")];
    let trigger = Trigger::start(&database.url(), &events).await;
    assert!(!trigger.outcome().is_error);
    let refused = trigger.outcome();
    assert!(refused.is_error);
    let log = trigger.log();
    assert!(log.contains("the user is registered"), "{log}");
    assert!(log.contains("SQLSTATE 23514"), "{log}");
    let said = format!("{log}{}", refused.body);
    for personal in ["ada", "Ada", "Lovelace", "example.com", "grace", "sub-"] {
        assert!(!said.contains(personal), "{personal} is in {said}");
    }
}

#[test]
fn without_a_connection_url_it_does_not_start() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_post-confirmation"))
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("CONNECTION_URL must be set"), "{said}");
}
