//! Migrating a database of the Python prototype: the migration reports what happened to every row.

use std::process::Output;

use serde_json::{Value, json};

use crate::support::{Database, TestApp, cruddur};

/// The tables of the prototype, with rows for each case of the migration.
const PROTOTYPE: &str = "
    create table users (
        uuid uuid default gen_random_uuid() primary key,
        display_name text not null,
        handle text not null,
        email text not null,
        cognito_user_id text not null,
        created_at timestamp default current_timestamp not null
    );
    create table activities (
        uuid uuid default gen_random_uuid() primary key,
        user_uuid uuid not null,
        message text not null,
        replies_count integer default 0,
        reposts_count integer default 0,
        likes_count integer default 0,
        reply_to_activity_uuid integer,
        expires_at timestamp,
        created_at timestamp default current_timestamp not null
    );
    insert into users (uuid, display_name, handle, email, cognito_user_id, created_at) values
        ('00000000-0000-4000-8000-000000000001', 'Andrew Brown', 'andrewbrown', 'a@example.com', 'MOCK', '2023-01-01'),
        ('00000000-0000-4000-8000-000000000002', 'Andrew Brown', 'andrewbrown', 'a@example.com', 'MOCK', '2023-01-02'),
        ('00000000-0000-4000-8000-000000000003', 'Andrew Bayko', 'bayko', 'b@example.com', 'MOCK', '2023-01-01'),
        ('00000000-0000-4000-8000-000000000004', 'Carol', 'carol', 'c@example.com', 'sub-carol', '2023-01-03'),
        ('00000000-0000-4000-8000-000000000005', 'Carol', 'carol', 'c@example.com', 'sub-carol', '2023-01-04'),
        ('00000000-0000-4000-8000-000000000006', 'Other Carol', 'CAROL', 'o@example.com', 'sub-other', '2023-01-05'),
        ('00000000-0000-4000-8000-000000000007', ' ', 'no such-handle!', '', 'sub-odd', '2023-01-06');
    insert into activities (user_uuid, message, expires_at, created_at, replies_count, likes_count) values
        ('00000000-0000-4000-8000-000000000001', 'live', timezone('UTC', now()) + interval '1 hour', '2023-01-31 09:30:00', null, 3),
        ('00000000-0000-4000-8000-000000000002', 'of a duplicate user', timezone('UTC', now()) + interval '1 hour', default, 7, null),
        ('00000000-0000-4000-8000-000000000005', 'for ever', null, default, 0, -1),
        ('00000000-0000-4000-8000-000000000004', 'expired', timezone('UTC', now()) - interval '1 hour', '2023-01-01', 0, 0),
        ('00000000-0000-4000-8000-00000000dead', 'without a user', null, default, 0, 0),
        ('00000000-0000-4000-8000-000000000003', ' ', null, default, 0, 0),
        ('00000000-0000-4000-8000-000000000003', repeat('x', 281), null, default, 0, 0);
";

async fn prototype() -> Database {
    let database = Database::empty().await;
    // The prototype stores times in UTC, so the time zone of the session must not matter.
    let time_zone = format!(
        "alter database {} set timezone to 'Pacific/Auckland'",
        database.name
    );
    database.execute(&time_zone).await;
    database.execute(PROTOTYPE).await;
    database
}

fn migrate(database: &Database, arguments: &[&str]) -> Output {
    cruddur(&["db", "migrate", "--json"])
        .args(arguments)
        .env("CONNECTION_URL", database.url())
        .output()
        .unwrap()
}

fn counts(output: &Output) -> Value {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let counts = report["takeover"].as_array().unwrap().iter();
    counts
        .map(|count| {
            (
                count["outcome"].as_str().unwrap().to_owned(),
                count["rows"].clone(),
            )
        })
        .collect()
}

#[tokio::test]
async fn migrating_expired_prototype_activities_needs_a_choice_by_the_operator() {
    let database = prototype().await;
    let output = migrate(&database, &[]);
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        message.contains("1 of the prototype's 7 activities have expired"),
        "{message}"
    );
    assert!(
        message.contains("--keep-expired") && message.contains("--purge-expired"),
        "{message}"
    );
    assert_eq!(
        database.count("select count(*) from activities").await,
        7,
        "no row was changed"
    );
}

#[tokio::test]
async fn every_prototype_row_is_carried_over_merged_purged_or_left_with_a_reason() {
    let database = prototype().await;
    assert_eq!(
        counts(&migrate(&database, &["--purge-expired"])),
        json!({
            "users found": 7, "users carried": 5, "users merged": 2, "users given another handle": 2,
            "activities found": 7, "activities carried": 3, "activities purged": 1, "activities left": 3,
        })
    );
    let client = database.connect().await;
    let rows = |sql| {
        let client = &client;
        async move {
            let rows = client.query(sql, &[]).await.unwrap();
            rows.iter()
                .map(|row| row.get::<_, String>(0))
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(
        rows("select handle || ' ' || display_name from users order by created_at, uuid").await,
        [
            "andrewbrown Andrew Brown",
            "bayko Andrew Bayko",
            "carol Carol",
            "CAROL1 Other Carol",
            "no_such_handle_ no_such_handle_"
        ]
    );
    assert_eq!(
        rows("select left_because from prototype_activities order by left_because").await,
        [
            "its author is not among the users",
            "its message is blank",
            "its message is longer than 280 characters"
        ]
    );
    assert_eq!(
        rows("select users.handle || ': ' || message from activities join users on users.uuid = user_uuid order by message").await,
        ["carol: for ever", "andrewbrown: live", "andrewbrown: of a duplicate user"]
    );
    let time = "select to_char(created_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') from activities where message = 'live'";
    assert_eq!(rows(time).await, ["2023-01-31 09:30:00"]);
    assert_eq!(
        database
            .count("select count(*) from activities where replies_count <> 0 or likes_count < 0")
            .await,
        0
    );
    assert_eq!(
        counts(&migrate(&database, &[]))["users found"],
        7,
        "a second migration changes nothing"
    );
}

#[tokio::test]
async fn kept_prototype_activities_lose_their_expiry_and_are_served() {
    let database = prototype().await;
    let counts = counts(&migrate(&database, &["--keep-expired"]));
    assert_eq!(
        (&counts["activities carried"], &counts["activities purged"]),
        (&json!(4), &json!(0))
    );
    let app = TestApp::launch(database, &[], &[]);
    app.wait_for_log("\"schema\":\"current\"");
    let page = app.get("/api/activities/@carol").await.ok();
    let messages: Vec<_> = page
        .as_array()
        .unwrap()
        .iter()
        .map(|post| post["message"].clone())
        .collect();
    assert_eq!(messages, ["for ever", "expired"]);
    assert_eq!(page[1]["expires_at"], Value::Null);
}

#[tokio::test]
async fn a_users_table_of_another_program_is_not_touched() {
    let database = Database::empty().await;
    database
        .execute("create table users (id integer, password text)")
        .await;
    let output = migrate(&database, &[]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        message.contains("V1__set_the_prototype_aside") && message.contains("not the prototype's"),
        "{message}"
    );
    assert_eq!(database.count("select count(*) from users").await, 0);
}
