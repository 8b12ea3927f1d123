//! Liveness, readiness and the prototype's health check.

use serde_json::json;

use crate::support::{Database, TestApp};

#[tokio::test]
async fn a_ready_server_says_so() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/livez").await.ok(), json!({ "status": "live" }));
    assert_eq!(app.get("/readyz").await.ok(), json!({ "status": "ready" }));
    assert_eq!(
        app.get("/api/health-check").await.ok(),
        json!({ "success": true, "ver": 1 })
    );
}

#[tokio::test]
async fn on_an_empty_database_the_schema_is_missing_and_features_wait() {
    let app = TestApp::launch(Database::empty().await, &[], &[]);
    app.wait_for_log("the database is reachable");
    let ready = app.get("/readyz").await;
    assert_eq!(
        (ready.status, ready.body),
        (503, json!({ "status": "not_ready", "missing": "schema" }))
    );
    let home = app.get("/api/activities/home").await;
    home.refused(503, "service_unavailable");
    assert_eq!(home.header("retry-after"), Some("1"));
    assert_eq!(app.get("/livez").await.status, 200);
}

#[tokio::test]
async fn asked_to_migrate_it_brings_the_schema_itself() {
    let app = TestApp::launch(Database::empty().await, &[], &["--migrate"]);
    app.wait_for_log("\"schema\":\"current\"");
    assert_eq!(app.get("/api/activities/home").await.ok(), json!([]));
}
