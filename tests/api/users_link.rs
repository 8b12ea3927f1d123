//! `users link` gives users of example data the Cognito id of a user of the pool, by command and by route.

use serde_json::{Value, json};

use crate::support::{ADMIN_TOKEN, CommandOutput, Database, Issuer, TestApp, id, listed};

const CREDENTIALS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "a-secret-of-the-tests"),
];

/// Users whose Cognito ids are placeholders, and two of the pool: `grace`, and `andrewbrown1`, whom the trigger inserted
/// because the handle was not free.
const USERS: &str = "
    insert into users (cognito_user_id, handle, display_name)
    values
        ('MOCK', 'andrewbrown', 'Andrew Brown'),
        ('demo:bayko', 'bayko', 'Andrew Bayko'),
        ('prototype:29bf4faf-2a4a-4e3c-a964-e215b7fcc93e', 'Londo', 'Londo Mollari'),
        ('demo:twice', 'twice', 'Twice'),
        ('demo:alone', 'alone', 'Alone'),
        ('sub-grace', 'grace', 'Grace'),
        ('sub-andrew', 'andrewbrown1', 'Andrew Brown');";

async fn database() -> Database {
    let database = Database::migrated().await;
    database.execute(USERS).await;
    database
}

fn pool_user(status: &str, sub: &str, handle: &str) -> Value {
    let attributes = [
        ("sub", sub),
        ("preferred_username", handle),
        ("name", "Secret Name"),
        ("email", "person@example.com"),
    ];
    listed(status, &attributes)
}

async fn pool_of_users() -> Issuer {
    let issuer = Issuer::start().await;
    let pages = vec![
        vec![
            pool_user("CONFIRMED", "sub-andrew", "andrewbrown"),
            pool_user("CONFIRMED", "sub-bayko", "Bayko"),
            pool_user("CONFIRMED", "sub-twice-1", "twice"),
            pool_user("UNCONFIRMED", "sub-alone", "alone"),
        ],
        vec![
            pool_user("CONFIRMED", "sub-londo", "londo"),
            pool_user("CONFIRMED", "sub-twice-2", "TWICE"),
            pool_user("CONFIRMED", "sub-grace", "grace"),
            pool_user("CONFIRMED", "sub-new", "somebody_new"),
        ],
    ];
    issuer.list(pages).await;
    issuer
}

/// The Cognito id of a user; empty when no user has the handle.
async fn subject(database: &Database, handle: &str) -> String {
    let statement = format!("select cognito_user_id from users where handle = '{handle}'");
    let client = database.connect().await;
    let row = client.query_opt(&statement, &[]).await.unwrap();
    row.map(|row| row.get(0)).unwrap_or_default()
}

async fn link(database: &Database, issuer: &Issuer, arguments: &[&str]) -> CommandOutput {
    let settings = [&issuer.settings()[..], &CREDENTIALS].concat();
    let arguments = [&["users", "link"], arguments].concat();
    database.run_with(&settings, &arguments).await
}

#[tokio::test]
async fn a_user_with_a_placeholder_gets_the_sub_and_then_signs_in_with_it() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    app.database.execute(USERS).await;
    for (handle, sub) in [("Bayko", "sub-1"), ("londo", "sub-2")] {
        let arguments = ["users", "link", handle, sub, "--json"];
        let report = app.database.run(&arguments).await.report();
        assert_eq!(report["linked"].as_array().unwrap().len(), 1, "{report}");
        let again = app.database.run(&arguments).await.report();
        assert_eq!(again["known"], report["linked"]);
        assert_eq!(again["linked"], json!([]));
    }
    assert_eq!(subject(&app.database, "Londo").await, "sub-2");
    let bayko = crate::support::User {
        app: &app,
        handle: "bayko".to_owned(),
        token: issuer.token("sub-1"),
    };
    assert_eq!(bayko.create_activity("mine").await["handle"], "bayko");
}

#[tokio::test]
async fn a_user_is_not_linked_if_the_sub_or_the_user_is_taken() {
    let database = database().await;
    let issuer = Issuer::start().await;
    for (arguments, problem) in [
        (
            &["nobody_here", "sub-1"][..],
            "no user has the handle nobody_here",
        ),
        (
            &["grace", "sub-1"],
            "grace is linked to another user of the pool",
        ),
        (
            &["bayko", "sub-grace"],
            "the user of the pool is grace here",
        ),
        (&["bayko", "MOCK"], "the sub is not a Cognito id"),
        (&["bayko", "demo:londo"], "the sub is not a Cognito id"),
        (&["bayko", "a b"], "the sub is not a Cognito id"),
        (&["bayko", ""], "the sub is not a Cognito id"),
    ] {
        let output = link(&database, &issuer, arguments).await;
        assert_eq!(output.code, 1, "{arguments:?}");
        assert!(output.stderr.contains(problem), "{}", output.stderr);
    }
    for arguments in [&["bayko"][..], &[], &["bayko", "sub-1", "--all"]] {
        let output = link(&database, &issuer, arguments).await;
        assert_eq!(output.code, 2, "{arguments:?}");
    }
    assert_eq!(subject(&database, "bayko").await, "demo:bayko");
    assert_eq!(subject(&database, "grace").await, "sub-grace");
}

#[tokio::test]
async fn a_user_who_has_written_nothing_can_be_replaced_and_no_other() {
    let database = database().await;
    let issuer = Issuer::start().await;
    let arguments = ["andrewbrown", "sub-andrew", "--replace-unused"];
    for (write, undo) in [
        (
            "insert into activities (user_uuid, message) select uuid, 'hello' from users where handle = 'andrewbrown1'",
            "delete from activities",
        ),
        (
            "insert into message_groups (first_user_uuid, second_user_uuid, last_message_at)
             select least(a.uuid, b.uuid), greatest(a.uuid, b.uuid), now() from users as a, users as b
             where a.handle = 'grace' and b.handle = 'andrewbrown1'",
            "delete from message_groups",
        ),
    ] {
        database.execute(write).await;
        let output = link(&database, &issuer, &arguments).await;
        assert_eq!(output.code, 1);
        let problem = "is andrewbrown1 here, and has written something";
        assert!(output.stderr.contains(problem), "{}", output.stderr);
        database.execute(undo).await;
    }
    let refused = link(&database, &issuer, &arguments[..2]).await;
    assert!(
        refused.stderr.contains("--replace-unused"),
        "{}",
        refused.stderr
    );
    assert_eq!(link(&database, &issuer, &arguments).await.code, 0);
    assert_eq!(subject(&database, "andrewbrown").await, "sub-andrew");
    assert_eq!(subject(&database, "andrewbrown1").await, "");
}

fn expected(dry_run: bool, replaced: bool) -> Value {
    let skipped = |handle: &str, reason: &str| json!({ "handle": handle, "reason": reason });
    let mut linked = vec!["bayko", "Londo"];
    let mut all_skipped = vec![
        skipped(
            "alone",
            "no confirmed user of the pool has this preferred_username",
        ),
        skipped(
            "twice",
            "several users of the pool have this preferred_username: link one of them by its sub",
        ),
    ];
    match replaced {
        true => linked.insert(0, "andrewbrown"),
        false => all_skipped.insert(
            0,
            skipped(
                "andrewbrown",
                "the user of the pool is andrewbrown1 here; with --replace-unused (or \"replace_unused\": true) \
                 that user is deleted first, if it has written nothing",
            ),
        ),
    }
    json!({
        "dry_run": dry_run,
        "linked": linked,
        "known": [],
        "skipped": all_skipped,
        "unmatched": 2,
    })
}

#[tokio::test]
async fn all_users_of_the_pool_are_linked_by_their_preferred_username() {
    let (database, issuer) = (database().await, pool_of_users().await);
    let report = link(&database, &issuer, &["--all", "--json"]).await;
    assert_eq!(report.report(), expected(false, false));
    for (handle, sub) in [
        ("andrewbrown", "MOCK"),
        ("bayko", "sub-bayko"),
        ("Londo", "sub-londo"),
        ("twice", "demo:twice"),
        ("grace", "sub-grace"),
    ] {
        assert_eq!(subject(&database, handle).await, sub, "{handle}");
    }
    let arguments = ["--all", "--replace-unused", "--json"];
    let report = link(&database, &issuer, &arguments).await.report();
    assert_eq!(report["linked"], json!(["andrewbrown"]));
    assert_eq!(subject(&database, "andrewbrown").await, "sub-andrew");
}

#[tokio::test]
async fn a_dry_run_of_users_link_reports_the_same_and_changes_nothing() {
    let (database, issuer) = (database().await, pool_of_users().await);
    let arguments = ["--all", "--replace-unused", "--dry-run", "--json"];
    let report = link(&database, &issuer, &arguments).await;
    assert_eq!(report.report(), expected(true, true));
    assert_eq!(subject(&database, "bayko").await, "demo:bayko");
    assert_eq!(subject(&database, "andrewbrown1").await, "sub-andrew");
}

#[tokio::test]
async fn users_link_prints_handles_and_no_other_personal_data() {
    let (database, issuer) = (database().await, pool_of_users().await);
    let output = link(&database, &issuer, &["--all"]).await;
    let printed = format!("{}{}", output.stdout, output.stderr);
    let summary = "2 users linked, 0 known, 3 skipped, 2 other users in the pool\n";
    assert!(output.stdout.starts_with(summary), "{printed}");
    for secret in ["sub-", "example.com", "Secret Name"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[tokio::test]
async fn the_users_link_route_gives_the_report_of_the_command_and_is_audited() {
    let issuer = pool_of_users().await;
    let mut settings = issuer.settings();
    settings.push(("ADMIN_TOKEN", ADMIN_TOKEN));
    settings.extend(CREDENTIALS);
    let app = TestApp::start_with(&settings).await;
    app.database.execute(USERS).await;
    let path = "/admin/users/link";
    let anonymous = app.post(path, &json!({ "all": true })).await;
    anonymous.problem(401, "generic_401");
    let nothing = app.admin().post(path, &json!({})).await;
    nothing.problem(422, "operation_failed");
    let both = json!({ "handle": "bayko", "sub": "sub-1", "all": true });
    app.admin()
        .post(path, &both)
        .await
        .problem(422, "operation_failed");
    let dry_run = json!({ "all": true, "dry_run": true });
    let report = app.admin().post(path, &dry_run).await.ok();
    assert_eq!(report, expected(true, false));
    let one = json!({ "handle": "bayko", "sub": "sub-bayko" });
    let report = app.admin().post(path, &one).await.ok();
    assert_eq!(report["linked"], json!(["bayko"]));
    let taken = json!({ "handle": "alone", "sub": "sub-bayko" });
    let refused = app.admin().post(path, &taken).await;
    let detail = refused.problem(422, "operation_failed");
    assert!(detail.contains("bayko"), "{detail}");
    let audit = app.admin().get("/admin/audit").await.ok();
    let calls = audit.as_array().unwrap().iter();
    let links = calls.filter(|call| call["path"] == path && call["who"] == "token");
    assert_eq!(links.count(), 5);
    assert!(!id(&audit[0]).is_empty());
}

#[tokio::test]
async fn users_sync_does_not_bring_a_deleted_account_back() {
    let issuer = Issuer::start().await;
    let page = vec![pool_user("CONFIRMED", "sub-ada", "ada")];
    issuer.list(vec![page]).await;
    let settings = [&issuer.settings()[..], &CREDENTIALS].concat();
    let app = TestApp::start_with(&settings).await;
    let ada = issuer.user(&app, "ada").await;
    let request = ada.request(reqwest::Method::DELETE, "/api/profile");
    let request = request.json(&json!({ "confirm": "ada" }));
    crate::support::Answer::of(request).await.ok();
    let arguments = ["users", "sync", "--json"];
    let report = app.database.run_with(&settings, &arguments).await.report();
    assert_eq!(
        (&report["deleted"], &report["made"]),
        (&json!(1), &json!(0))
    );
    let named = "select count(*) from users where handle = 'ada'";
    assert_eq!(app.database.count(named).await, 0);
}
