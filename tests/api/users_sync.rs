//! `users sync` inserts the users of the Cognito user pool into the database, by command and by route.

use std::process::Output;

use serde_json::{Value, json};

use crate::support::{ADMIN_TOKEN, Database, Issuer, TestApp, cruddur, listed};

const CREDENTIALS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "a-secret-of-the-tests"),
];

fn confirmed_user(sub: &str, handle: &str) -> Value {
    let attributes = [
        ("sub", sub),
        ("preferred_username", handle),
        ("name", "Example Name"),
        ("email", "person@example.com"),
    ];
    listed("CONFIRMED", &attributes)
}

/// Three pages of users: four to insert, one that the database has with another handle, one that is not confirmed, and
/// one without a name.
async fn pool_of_users() -> Issuer {
    let issuer = Issuer::start().await;
    let pages = vec![
        vec![
            confirmed_user("sub-1", "ada"),
            confirmed_user("sub-known", "renamed"),
        ],
        vec![
            confirmed_user("sub-2", "Ada"),
            listed("UNCONFIRMED", &[("sub", "sub-3")]),
            confirmed_user("sub-4", "Ada"),
        ],
        vec![
            listed("CONFIRMED", &[("sub", "sub-5"), ("email", "x@example.com")]),
            confirmed_user("sub-6", "grace"),
        ],
    ];
    issuer.list(pages).await;
    issuer
}

async fn database() -> Database {
    let database = Database::migrated().await;
    database
        .execute(
            "insert into users (cognito_user_id, handle, display_name)
             values ('sub-known', 'known', 'Known')",
        )
        .await;
    database
}

fn sync(database: &Database, issuer: &Issuer, arguments: &[&str]) -> Output {
    cruddur(&[&["users", "sync", "--json"], arguments].concat())
        .env("CONNECTION_URL", database.url())
        .envs(issuer.settings())
        .envs(CREDENTIALS)
        .output()
        .unwrap()
}

fn report(output: &Output) -> Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn expected(dry_run: bool) -> Value {
    let changed_handle = |sub: &str, in_user_pool: &str, here: &str, is_new: bool| {
        json!({
            "cognito_user_id": sub, "in_user_pool": in_user_pool, "here": here, "is_new": is_new,
        })
    };
    json!({
        "dry_run": dry_run,
        "found": 7,
        "known": 1,
        "made": 4,
        "unconfirmed": 1,
        "deleted": 0,
        "incomplete": ["sub-5"],
        "handles": [
            changed_handle("sub-known", "renamed", "known", false),
            changed_handle("sub-2", "Ada", "Ada1", true),
            changed_handle("sub-4", "Ada", "Ada2", true),
        ],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn users_sync_inserts_the_confirmed_users_that_the_trigger_missed() {
    let (issuer, database) = (pool_of_users().await, database().await);
    assert_eq!(report(&sync(&database, &issuer, &[])), expected(false));
    assert_eq!(database.count("select count(*) from users").await, 5);

    let again = report(&sync(&database, &issuer, &[]));
    assert_eq!((&again["known"], &again["made"]), (&json!(5), &json!(0)));
    assert_eq!(database.count("select count(*) from users").await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_of_users_sync_reports_its_changes_and_inserts_no_user() {
    let (issuer, database) = (pool_of_users().await, database().await);
    let mut report = report(&sync(&database, &issuer, &["--dry-run"]));
    // A dry run inserts nothing, so the handle `ada` of the first page is still free for the second.
    assert_eq!(report["handles"].as_array().unwrap().len(), 2);
    report["handles"] = expected(true)["handles"].clone();
    assert_eq!(report, expected(true));
    assert_eq!(database.count("select count(*) from users").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn users_sync_prints_a_summary_without_email_addresses() {
    let (issuer, database) = (pool_of_users().await, database().await);
    let output = cruddur(&["users", "sync"])
        .env("CONNECTION_URL", database.url())
        .envs(issuer.settings())
        .envs(CREDENTIALS)
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let summary =
        "7 users in the pool: 1 known, 4 inserted, 1 not confirmed, 1 incomplete, 0 deleted\n";
    assert!(stdout.starts_with(summary), "{stdout}");
    assert!(!stdout.contains("example.com"), "{stdout}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_users_sync_route_gives_the_report_of_the_command() {
    let issuer = pool_of_users().await;
    let mut settings = issuer.settings();
    settings.push(("ADMIN_TOKEN", ADMIN_TOKEN));
    settings.extend(CREDENTIALS);
    let app = TestApp::start_with(&settings).await;
    app.insert_user("known").await;
    let anonymous = app.post("/admin/users/sync", &json!({})).await;
    anonymous.problem(401, "generic_401");
    let synced = app.admin().post("/admin/users/sync", &json!({})).await;
    assert_eq!(synced.ok(), expected(false));
    let dry_run = json!({ "dry_run": true });
    let again = app.admin().post("/admin/users/sync", &dry_run).await.ok();
    assert_eq!((&again["known"], &again["made"]), (&json!(5), &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn users_sync_without_a_user_pool_names_the_setting() {
    let output = cruddur(&["users", "sync"])
        .env("CONNECTION_URL", database().await.url())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("set AWS_COGNITO_USER_POOL_ID"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn users_sync_names_the_missing_policy_when_aws_refuses() {
    let issuer = Issuer::start().await;
    issuer.refuse_to_list().await;
    let output = sync(&database().await, &issuer, &[]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("cognito-idp:ListUsers"), "{stderr}");
    assert!(stderr.contains("docs/guide/cognito.md"), "{stderr}");
}
