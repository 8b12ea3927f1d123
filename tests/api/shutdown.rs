//! How a server starts and stops behind a load balancer: no request is refused before the first probe or cut after
//! SIGTERM.

use serde_json::json;

use crate::support::{Database, DatabaseProxy, RawConnection, TestApp, eventually};

#[tokio::test]
async fn a_request_that_arrives_before_the_first_probe_waits_for_it() {
    let proxy = DatabaseProxy::start_closed();
    let database = Database::migrated().await;
    let url = proxy.url(&database);
    let app = TestApp::launch(database, &[("CONNECTION_URL", &url)], &[]);
    let ready = app.get("/readyz").await;
    assert_eq!(ready.body["missing"], "database");
    let (home, ()) = tokio::join!(app.get("/api/activities/home"), async { proxy.open() });
    assert_eq!(home.ok(), json!([]));
}

#[tokio::test]
async fn after_sigterm_the_server_still_answers_and_closes_each_connection_until_the_delay_ends() {
    let app = TestApp::start_with(&[("SHUTDOWN_DELAY", "60")]).await;
    let mut client = RawConnection::open(&app).await;
    client.send("GET", "/api/activities/home", "null", "").await;
    assert_eq!(client.answer().await, (200, b"[]".to_vec()));
    assert!(!client.is_closing());
    app.terminate();
    eventually(async || app.get("/readyz").await.body["status"] == "stopping").await;
    client.send("GET", "/api/activities/home", "null", "").await;
    assert_eq!(client.answer().await, (200, b"[]".to_vec()));
    assert!(client.is_closing());
    let home = app.get("/api/activities/home").await;
    assert_eq!(home.header("connection"), Some("close"));
    // A second signal ends the delay.
    app.terminate();
    assert!(app.wait_for_exit().success());
}

#[tokio::test]
async fn a_shutdown_delay_of_more_than_a_minute_is_refused() {
    let output = crate::support::cruddur(&["serve", "--shutdown-delay", "61"])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("SHUTDOWN_DELAY must be at most 60 seconds"),
        "{stderr}"
    );
}
