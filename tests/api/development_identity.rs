//! The development identity of a fresh clone, and each of its conditions.

use reqwest::{Method, RequestBuilder, Version};
use serde_json::{Value, json};

use crate::support::{Answer, Database, Issuer, TestApp, cruddur, eventually};

fn write(app: &TestApp) -> RequestBuilder {
    app.request(Method::POST, "/api/activities")
        .json(&json!({ "message": "hello", "ttl": "7-days" }))
}

fn session_request(app: &TestApp) -> RequestBuilder {
    app.request(Method::POST, "/api/dev/session")
        .json(&json!({ "handle": "andrewbrown" }))
}

async fn sign_in_kind(request: RequestBuilder) -> Value {
    Answer::of(request).await.ok()["sign_in"]["kind"].clone()
}

/// A request without a token is refused, no session is issued, and `/api/config` says so.
async fn assert_absent(app: &TestApp, change: impl Fn(RequestBuilder) -> RequestBuilder) {
    let refusal = Answer::of(change(write(app))).await;
    refusal.refused(401, "generic_401");
    let session = Answer::of(change(session_request(app))).await;
    session.refused(404, "route_not_found");
    let users = Answer::of(change(app.request(Method::GET, "/api/dev/users"))).await;
    users.refused(404, "route_not_found");
    let config = change(app.request(Method::GET, "/api/config"));
    assert_eq!(sign_in_kind(config).await, "none");
    let posted = app.database.count("select count(*) from activities").await;
    assert_eq!(posted, 0);
}

async fn assert_present(app: &TestApp, change: impl Fn(RequestBuilder) -> RequestBuilder) {
    let posted = Answer::of(change(write(app))).await.ok();
    assert_eq!(posted["handle"], "andrewbrown");
    Answer::of(change(session_request(app))).await.ok();
    let config = change(app.request(Method::GET, "/api/config"));
    assert_eq!(sign_in_kind(config).await, "development");
}

/// A server whose database has the user `andrewbrown`.
async fn start(settings: &[(&str, &str)]) -> TestApp {
    let app = TestApp::start_with(settings).await;
    app.insert_user("andrewbrown").await;
    app
}

#[tokio::test]
async fn a_request_without_a_token_acts_as_andrewbrown() {
    let app = start(&[]).await;
    assert_present(&app, |request| request).await;
    for value in ["Bearer null", "Bearer undefined", "Bearer ", "bearer"] {
        let answer = Answer::of(write(&app).header("Authorization", value)).await;
        assert_eq!(answer.ok()["handle"], "andrewbrown", "{value}");
    }
}

#[tokio::test]
async fn without_andrewbrown_in_the_database_a_request_without_a_token_is_refused() {
    let app = TestApp::start().await;
    Answer::of(write(&app)).await.refused(401, "generic_401");
}

#[tokio::test]
async fn a_development_session_acts_as_the_requested_user() {
    let app = start(&[]).await;
    let bob = app.user("bob").await;
    assert_eq!(bob.create_activity("hello").await["handle"], "bob");
    let users = app.get("/api/dev/users").await.ok();
    let handles: Vec<&Value> = users
        .as_array()
        .unwrap()
        .iter()
        .map(|u| &u["handle"])
        .collect();
    assert_eq!(handles, ["andrewbrown", "bob"]);
    let missing = app
        .post("/api/dev/session", &json!({ "handle": "unknown" }))
        .await;
    missing.refused(404, "user_not_found");
}

#[tokio::test]
async fn a_development_session_is_refused_by_a_server_of_another_database() {
    let app = start(&[]).await;
    let bob = app.user("bob").await;
    let other = start(&[]).await;
    let answer = Answer::of(write(&other).bearer_auth(&bob.token)).await;
    answer.refused(401, "generic_401");
}

#[tokio::test]
async fn an_invalid_token_does_not_act_as_andrewbrown() {
    let app = start(&[]).await;
    for token in ["hello", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."] {
        let answer = Answer::of(write(&app).bearer_auth(token)).await;
        answer.refused(401, "generic_401");
    }
}

#[tokio::test]
async fn the_development_identity_is_absent_for_a_host_that_is_not_loopback() {
    let app = start(&[]).await;
    for host in [
        "cruddur.example",
        "localhost.evil.example",
        "127.0.0.1.nip.io:4567",
        "192.168.1.10:4567",
        "[2001:db8::1]",
        "localhost@evil.example",
    ] {
        assert_absent(&app, |request| request.header("Host", host)).await;
    }
    for host in ["localhost:4567", "LOCALHOST", "127.0.0.1", "[::1]:4567"] {
        assert_present_host(&app, host).await;
    }
}

async fn assert_present_host(app: &TestApp, host: &str) {
    let request = app.request(Method::GET, "/api/config").header("Host", host);
    assert_eq!(sign_in_kind(request).await, "development", "{host}");
}

#[tokio::test]
async fn the_development_identity_is_absent_behind_a_proxy() {
    let app = start(&[]).await;
    for header in [
        "Forwarded",
        "Via",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-Port",
        "X-Forwarded",
        "X-Forwarded-Something-New",
        "CF-Connecting-IP",
        "X-Real-IP",
    ] {
        assert_absent(&app, |request| request.header(header, "127.0.0.1")).await;
    }
}

/// So nginx forwards by default: without a header, and with the address of its upstream as the host.
#[tokio::test]
async fn the_development_identity_is_absent_for_http_1_0() {
    let app = start(&[]).await;
    assert_absent(&app, |request| request.version(Version::HTTP_10)).await;
}

#[tokio::test]
async fn the_development_identity_is_absent_if_other_machines_can_reach_the_listener() {
    let app = start(&[("BIND", "0.0.0.0")]).await;
    assert_absent(&app, |request| request).await;
}

#[tokio::test]
async fn the_development_identity_is_absent_on_a_production_database() {
    let app = start(&[]).await;
    app.database
        .execute("update environment set name = 'production'")
        .await;
    let other = TestApp::start_second(&app, &[]).await;
    assert_absent(&other, |request| request).await;
    let named = TestApp::start_second(&app, &[("DEV_USER_HANDLE", "andrewbrown")]).await;
    assert_absent(&named, |request| request).await;
}

#[tokio::test]
async fn the_development_identity_is_absent_with_a_user_pool() {
    let issuer = Issuer::start().await;
    let app = start(&issuer.settings()).await;
    Answer::of(write(&app)).await.refused(401, "generic_401");
    let session = Answer::of(session_request(&app)).await;
    session.refused(404, "route_not_found");
    let config = app.get("/api/config").await.ok();
    assert_eq!(config["sign_in"]["kind"], "cognito");
    assert_eq!(config["sign_in"]["client_id"], "client-of-the-tests");
    assert_eq!(config["sign_in"]["user_pool_id"], "eu-west-3_Tests");
}

#[tokio::test]
async fn with_dev_user_handle_requests_from_other_machines_act_as_that_user() {
    let app = start(&[("DEV_USER_HANDLE", "andrewbrown"), ("BIND", "0.0.0.0")]).await;
    let elsewhere = |request: RequestBuilder| {
        request
            .header("Host", "cruddur.example")
            .header("X-Forwarded-For", "203.0.113.9")
    };
    assert_present(&app, elsewhere).await;
}

#[tokio::test]
async fn dev_user_handle_names_the_user_of_requests_without_a_token() {
    let app = start(&[("DEV_USER_HANDLE", "Bob")]).await;
    app.insert_user("bob").await;
    assert_eq!(Answer::of(write(&app)).await.ok()["handle"], "bob");
}

#[tokio::test]
async fn the_development_identity_logs_a_warning_at_the_start() {
    let app = TestApp::launch(Database::migrated().await, &[], &[]);
    let line = app.log_until("the database is reachable");
    assert!(line.contains("DEVELOPMENT IDENTITY"), "{line}");
    assert!(line.contains("\"level\":\"WARN\""), "{line}");
}

#[tokio::test]
async fn a_server_with_dev_user_handle_and_a_user_pool_does_not_start() {
    let output = cruddur(&["serve", "--port", "0"])
        .env("DEV_USER_HANDLE", "andrewbrown")
        .env("AWS_COGNITO_USER_POOL_ID", "eu-west-3_Tests")
        .env("AWS_COGNITO_USER_POOL_CLIENT_ID", "client")
        .env("CONNECTION_URL", Database::migrated().await.url())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("DEV_USER_HANDLE must not be set together"),
        "{stderr}"
    );
}

#[tokio::test]
async fn a_token_of_one_server_works_on_the_other_servers_of_the_database() {
    let first = start(&[]).await;
    let second = TestApp::start_second(&first, &[]).await;
    for (issuer, other) in [(&first, &second), (&second, &first)] {
        let session = Answer::of(session_request(issuer)).await.ok();
        let token = session["token"].as_str().unwrap();
        let written = Answer::of(write(other).bearer_auth(token)).await.ok();
        assert_eq!(written["handle"], "andrewbrown");
    }
    let forged = Answer::of(write(&first).bearer_auth("forged")).await;
    forged.refused(401, "generic_401");
}

#[tokio::test]
async fn servers_accept_each_others_tokens_after_the_database_has_got_another_key() {
    let first = start(&[]).await;
    let second = TestApp::start_second(&first, &[]).await;
    for app in [&first, &second] {
        Answer::of(session_request(app)).await.ok();
    }
    first.database.execute("delete from development_keys").await;
    let session = Answer::of(session_request(&first)).await.ok();
    let token = session["token"].as_str().unwrap();
    eventually(async || Answer::of(write(&second).bearer_auth(token)).await.status == 200).await;
}
