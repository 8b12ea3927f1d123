//! Authentication of `/admin` with the admin token, and the audit.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ADMIN_TOKEN, Answer, Database, TestApp};

#[tokio::test]
async fn the_admin_routes_are_absent_without_a_configured_admin_token() {
    let app = TestApp::start().await;
    for path in ["/admin", "/admin/status", "/admin/nowhere"] {
        app.admin().get(path).await.problem(404, "route_not_found");
    }
}

#[tokio::test]
async fn the_admin_routes_accept_the_admin_token_and_refuse_another() {
    let app = TestApp::start_operated().await;
    let status = app.admin().get("/admin/status").await.ok();
    assert_eq!(status["database"]["environment"], "development");
    assert_eq!(
        status["schema"],
        json!({ "state": "current", "pending": 0 })
    );

    let anonymous = app.get("/admin/status").await;
    anonymous.problem(401, "generic_401");
    assert_eq!(anonymous.header("www-authenticate"), Some("Bearer"));
    let wrong = "x".repeat(ADMIN_TOKEN.len());
    let wrong = app.operator(&wrong);
    wrong.get("/admin/status").await.problem(401, "generic_401");
    wrong
        .get("/admin/nowhere")
        .await
        .problem(401, "generic_401");
    app.admin()
        .get("/admin/nowhere")
        .await
        .problem(404, "route_not_found");
}

#[tokio::test]
async fn an_admin_request_is_authenticated_before_its_body_is_parsed() {
    let app = TestApp::start_operated().await;
    let broken = |token: &str| {
        app.request(Method::POST, "/admin/migrations")
            .header("content-type", "application/json")
            .bearer_auth(token)
            .body("{ not json")
    };
    Answer::of(broken("wrong"))
        .await
        .problem(401, "generic_401");
    Answer::of(broken(ADMIN_TOKEN))
        .await
        .problem(400, "malformed_json");
    let misspelt = json!({ "dry-run": true });
    let answer = app.admin().post("/admin/migrations", &misspelt).await;
    answer.problem(400, "malformed_json");
}

#[tokio::test]
async fn ten_wrong_admin_tokens_lock_an_address_out_except_for_the_right_token() {
    let app = TestApp::start_operated().await;
    let guesser = app.operator("guess");
    for _ in 0..10 {
        let refused = guesser.get("/admin/status").await;
        refused.problem(401, "generic_401");
    }
    let refused = guesser.get("/admin/status").await;
    refused.problem(429, "rate_limited");
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    app.admin().get("/admin/status").await.ok();
}

#[tokio::test]
async fn the_audit_lists_admin_requests_and_counts_refused_ones() {
    let app = TestApp::start_operated().await;
    app.admin().get("/admin/status").await.ok();
    let guesser = app.operator("guess");
    guesser.get("/admin/status").await;
    guesser.get("/admin/audit").await;
    app.get("/admin/status").await;
    let dry_run = json!({ "dry_run": true });
    app.admin().post("/admin/migrations", &dry_run).await.ok();

    let attempts = "select coalesce(sum(attempts), 0) from admin_audit";
    app.database.wait_for_count(attempts, 5).await;
    let audit = app.admin().get("/admin/audit").await.ok();
    let lines: Vec<(&Value, &str, &str, &Value)> = audit
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["who"] == "token")
        .map(|line| {
            let text = |key: &str| line[key].as_str().unwrap();
            (&line["who"], text("method"), text("path"), &line["status"])
        })
        .collect();
    let token = json!("token");
    assert_eq!(
        lines,
        [
            (&token, "POST", "/admin/migrations", &json!(200)),
            (&token, "GET", "/admin/status", &json!(200)),
        ]
    );
    // The audit has one row for an address and a minute, and a minute may end between two requests.
    let failures: i64 = audit
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["who"].is_null())
        .map(|line| line["attempts"].as_i64().unwrap())
        .sum();
    assert_eq!(failures, 3);
    let mut addresses = audit.as_array().unwrap().iter();
    assert!(addresses.all(|line| line["address"] == "127.0.0.1"));
}

#[tokio::test]
async fn the_admin_audit_is_paged() {
    let app = TestApp::start_operated().await;
    for _ in 0..3 {
        app.admin().get("/admin/status").await.ok();
    }
    let calls = "select count(*) from admin_audit";
    app.database.wait_for_count(calls, 3).await;
    let first = app.admin().get("/admin/audit?limit=2").await;
    let next = first.next().expect("a second page");
    assert_eq!(first.ok().as_array().unwrap().len(), 2);
    let second = app.admin().get(&next).await;
    assert_eq!(second.ok().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn admin_works_on_an_empty_database_and_its_requests_are_in_the_audit_after_the_migration() {
    let settings = [("ADMIN_TOKEN", ADMIN_TOKEN)];
    let app = TestApp::launch(Database::empty().await, &settings, &[]);
    app.wait_for_log("the database is reachable");
    let status = app.admin().get("/admin/status").await.ok();
    assert_eq!(status["schema"]["state"], "behind");
    assert_eq!(app.admin().get("/admin/audit").await.ok(), json!([]));

    let report = app.admin().post("/admin/migrations", &json!({})).await.ok();
    assert!(!report["applied_now"].as_array().unwrap().is_empty());
    let calls = "select count(*) from admin_audit";
    app.database.wait_for_count(calls, 3).await;
    let audit = app.admin().get("/admin/audit").await.ok();
    assert_eq!(audit.as_array().unwrap().len(), 3, "{audit}");
    app.wait_for_log("\"schema\":\"current\"");
    assert_eq!(app.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn the_admin_token_gives_other_machines_access_to_the_metrics() {
    let app = TestApp::start_operated().await;
    let forwarded = |token: &str| {
        app.request(Method::GET, "/metrics")
            .header("x-forwarded-for", "203.0.113.9")
            .bearer_auth(token)
    };
    Answer::of(forwarded("wrong"))
        .await
        .refused(403, "generic_403");
    assert_eq!(Answer::of(forwarded(ADMIN_TOKEN)).await.status, 200);
}
