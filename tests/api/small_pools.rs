//! Few database sessions: batches, requests, the purge and the prober share them.

use futures_util::future::join_all;

use crate::support::{Database, PoolMode, PoolerFront, StartupOptions, TestApp, id};

/// Clients of every kind at once, more than there are sessions. Every answer is a success.
async fn crowd(app: &TestApp) {
    let alice = app.user("alice").await;
    let post = alice.create_activity("for the crowd").await;
    let path = format!("/api/activities/{}", id(&post));
    let clients = (0..12).map(async |client| {
        for round in 0..8 {
            let text = format!("client {client}, round {round}");
            alice.create_activity(&text).await;
            alice.reply(&post, &text).await;
            alice.put(&format!("{path}/like")).await.ok();
            app.get(&path).await.ok();
            app.get("/api/activities/home").await.ok();
            app.get("/api/activities/@alice").await.ok();
            app.get("/api/activities/search?term=crowd").await.ok();
            alice.get("/api/notifications").await.ok();
            alice.get("/api/message_groups").await.ok();
            assert_eq!(app.get("/readyz").await.status, 200);
        }
    });
    join_all(clients).await;
}

/// A server on a pooler with five sessions.
async fn start(mode: PoolMode, settings: &[(&str, &str)]) -> TestApp {
    let front = PoolerFront::start(StartupOptions::Refused, mode, 5);
    let database = Database::migrated().await;
    let url = front.url(&database);
    let own = [("CONNECTION_URL", url.as_str())];
    let settings: Vec<_> = settings.iter().copied().chain(own).collect();
    let app = TestApp::launch(database, &settings, &[]);
    app.wait_for_log("\"schema\":\"current\"");
    app
}

#[tokio::test]
async fn a_pooler_with_five_sessions_for_connections_is_enough_for_a_server_with_a_bound() {
    let app = start(PoolMode::Session, &[("DB_MAX_CONNECTIONS", "5")]).await;
    crowd(&app).await;
}

#[tokio::test]
async fn a_pooler_with_five_sessions_for_transactions_is_enough() {
    let app = start(PoolMode::Transaction, &[]).await;
    crowd(&app).await;
}
