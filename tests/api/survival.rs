//! The embedded database of a server: both are killed or stopped, and started again.

use serde_json::{Value, json};

use crate::support::{DataDir, TestApp, eventually, id, kill};

async fn post(app: &TestApp, message: &str) -> Value {
    app.post(
        "/api/activities",
        &json!({ "message": message, "ttl": "1-hour" }),
    )
    .await
    .ok()
}

#[tokio::test]
async fn acknowledged_writes_survive_when_the_server_and_its_database_are_killed() {
    let data_dir = DataDir::new("survival-both");
    let app = data_dir.serve().await;
    let home = app.get("/api/activities/home?limit=100").await.ok();
    assert!(
        home.as_array().unwrap().len() >= 30,
        "the demo data is there"
    );
    let demo_post = home
        .as_array()
        .unwrap()
        .iter()
        .find(|post| post["handle"] == "andrewbrown")
        .unwrap();
    let kept = post(&app, "kept").await;
    let reply_path = format!("/api/activities/{}/reply", id(&kept));
    app.post(&reply_path, &json!({ "message": "kept too" }))
        .await
        .ok();
    let delete = app.request(
        reqwest::Method::DELETE,
        &format!("/api/activities/{}", id(demo_post)),
    );
    assert_eq!(delete.send().await.unwrap().status(), 200);

    let postmaster = data_dir.postmaster();
    app.kill();
    // The kernel may have ended the database with the server.
    let _ = kill(&postmaster);

    let app = data_dir.serve().await;
    let thread = app
        .get(&format!("/api/activities/{}", id(&kept)))
        .await
        .ok();
    assert_eq!(thread["replies"][0]["message"], "kept too");
    let deleted = app.get(&format!("/api/activities/{}", id(demo_post))).await;
    deleted.refused(404, "activity_not_found");
}

#[tokio::test]
async fn the_server_restarts_its_embedded_database_after_it_was_killed() {
    let data_dir = DataDir::new("survival-database");
    let app = data_dir.serve().await;
    let kept = post(&app, "kept").await;
    // Without its directory the database cannot start again before the test has read the state.
    let postmaster = data_dir.postmaster();
    data_dir.hide_database();
    assert!(kill(&postmaster));
    eventually(async || app.get("/readyz").await.status == 503).await;
    assert_eq!(app.get("/livez").await.status, 200);
    let refused = app.get("/api/activities/home").await;
    refused.refused(503, "service_unavailable");
    assert!(refused.header("retry-after").is_some());
    data_dir.show_database();
    eventually(async || app.get("/readyz").await.status == 200).await;
    assert_eq!(
        app.get(&format!("/api/activities/{}", id(&kept)))
            .await
            .ok(),
        kept
    );
}

#[tokio::test]
async fn a_terminated_server_shuts_its_embedded_database_down() {
    let data_dir = DataDir::new("survival-terminated");
    let app = data_dir.serve().await;
    app.terminate();
    assert!(app.wait_for_exit().success());
    assert!(
        !data_dir.postmaster_file().exists(),
        "the database was not shut down"
    );
}
