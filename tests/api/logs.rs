//! The access log and the metrics: one line for each request, and no personal data.

use futures_util::future::join_all;
use reqwest::{Method, Version};
use serde_json::{Value, json};

use crate::support::{Answer, DataDir, Database, TestApp, eventually};

#[tokio::test]
async fn the_log_has_one_line_for_a_request_with_its_id_and_without_its_query() {
    let app = TestApp::start().await;
    let request = app.request(Method::GET, "/api/activities/nonsense?term=secret");
    Answer::of(request.header("x-request-id", "find-me")).await;
    let line: Value = serde_json::from_str(&app.wait_for_log("find-me")).unwrap();
    assert_eq!(line["request_id"], "find-me");
    assert_eq!(
        (&line["method"], &line["path"], &line["status"]),
        (
            &json!("GET"),
            &json!("/api/activities/nonsense"),
            &json!(400)
        )
    );
    assert!(line["milliseconds"].as_f64().is_some());
    assert!(!line.to_string().contains("secret"));
}

#[tokio::test]
async fn a_server_that_has_stopped_has_logged_every_request_once() {
    let app = TestApp::start().await;
    let send = async |number| {
        let request = app.request(Method::GET, "/livez");
        Answer::of(request.header("x-request-id", format!("request-{number}-"))).await
    };
    join_all((0..200).map(send)).await;
    app.terminate();
    let log = app.whole_log();
    for number in 0..200 {
        let lines = log.matches(&format!("\"request-{number}-\"")).count();
        assert_eq!(lines, 1, "request {number} in\n{log}");
    }
}

#[tokio::test]
async fn no_token_password_or_message_reaches_the_log_at_any_level() {
    let app = TestApp::start_with(&[("RUST_LOG", "trace")]).await;
    let alice = app.user("alice").await;
    alice.create_activity("my private thoughts").await;
    alice
        .post("/api/activities", &json!({ "message": "x".repeat(281) }))
        .await;
    Answer::of(
        app.request(Method::GET, "/livez")
            .header("x-request-id", "the-end"),
    )
    .await;
    let log = app.log_until("the-end");
    assert!(log.contains("/api/activities"), "the log was read");
    let signature = alice.token.rsplit('.').next().unwrap();
    for secret in [signature, "my private thoughts", "sub-alice"] {
        assert!(!log.contains(secret), "the log holds {secret}");
    }
}

/// PostgreSQL adds the violating row to its message as DETAIL.
#[tokio::test]
async fn no_row_that_violates_a_constraint_reaches_the_log_at_any_level() {
    let data_dir = DataDir::new("log-details");
    let path = data_dir.0.display().to_string();
    let settings = [
        ("CONNECTION_URL", ""),
        ("CRUDDUR_DATA_DIR", &path),
        ("RUST_LOG", "trace"),
    ];
    let app = TestApp::launch(Database::placeholder(), &settings, &[]);
    app.wait_for_log("\"schema\":\"current\"");
    let (db, connection) = tokio_postgres::Config::new()
        .host_path(data_dir.0.join("socket"))
        .user("cruddur")
        .dbname("cruddur")
        .connect(tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    db.batch_execute("create unique index only_once on activities (message)")
        .await
        .unwrap();
    eventually(async || app.get("/readyz").await.status == 200).await;
    let body = json!({ "message": "my private thoughts", "ttl": "7-days" });
    app.post("/api/activities", &body).await.ok();
    assert_eq!(app.post("/api/activities", &body).await.status, 500);
    let end = "do $$ begin raise log 'the end of the test'; end $$";
    db.batch_execute(end).await.unwrap();
    let log = app.log_until("the end of the test");
    assert!(log.contains("only_once"), "{log}");
    assert!(!log.contains("my private thoughts"), "{log}");
}

#[tokio::test]
async fn the_metrics_count_requests_by_route_and_describe_the_database() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.get("/api/activities/@alice").await.ok();
    app.get("/api/activities/@alice").await.ok();
    let text = app.get("/metrics").await.ok().as_str().unwrap().to_owned();
    let counted = "cruddur_http_requests_total{method=\"GET\",\
                   route=\"/api/activities/@{handle}\",status=\"200\"} 2";
    assert!(text.contains(counted), "{text}");
    assert!(text.contains("cruddur_database_up 1"), "{text}");
    assert!(
        text.contains("cruddur_http_request_duration_seconds_bucket"),
        "{text}"
    );
    assert!(text.contains("cruddur_database_connections_max"), "{text}");
    assert!(!text.contains("alice"), "a label holds a handle");
}

#[tokio::test]
async fn the_metrics_are_refused_to_other_machines_unless_they_are_public() {
    let app = TestApp::start().await;
    let forwarded = |app: &TestApp| {
        Answer::of(
            app.request(Method::GET, "/metrics")
                .header("x-forwarded-for", "8.8.4.4"),
        )
    };
    forwarded(&app).await.refused(403, "generic_403");
    let by_http_1_0 = app
        .request(Method::GET, "/metrics")
        .version(Version::HTTP_10);
    Answer::of(by_http_1_0).await.refused(403, "generic_403");
    let public = TestApp::start_with(&[("METRICS_PUBLIC", "true")]).await;
    assert_eq!(forwarded(&public).await.status, 200);
}
