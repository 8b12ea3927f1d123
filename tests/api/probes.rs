//! Liveness, readiness and the health check of the first version.

use serde_json::json;

use crate::support::{Database, TestApp};

#[tokio::test]
async fn the_probes_of_a_ready_server_succeed() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/livez").await.ok(), json!({ "status": "live" }));
    assert_eq!(app.get("/readyz").await.ok(), json!({ "status": "ready" }));
    assert_eq!(
        app.get("/api/health-check").await.ok(),
        json!({ "success": true, "ver": 1 })
    );
}

#[tokio::test]
async fn on_an_empty_database_readiness_names_the_schema_and_the_api_answers_503() {
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
async fn a_server_started_with_migrate_migrates_an_empty_database() {
    let app = TestApp::launch(Database::empty().await, &[], &["--migrate"]);
    app.wait_for_log("\"schema\":\"current\"");
    assert_eq!(app.get("/api/activities/home").await.ok(), json!([]));
}
