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

#[tokio::test]
async fn five_connections_are_enough_for_everything_that_a_server_does() {
    let app = TestApp::start_with(&[("DB_MAX_CONNECTIONS", "5")]).await;
    let most = async {
        let db = app.database.connect().await;
        let query = "select count(*) from pg_stat_activity
            where datname = current_database() and application_name like 'cruddur-server:%'";
        let mut most: i64 = 0;
        loop {
            most = most.max(db.query_one(query, &[]).await.unwrap().get(0));
            // A connection that is closed may still end while its successor begins.
            assert!(most <= 7, "{most} connections");
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = crowd(&app) => {}
        never = most => never,
    }
}

#[tokio::test]
async fn a_pooler_with_five_sessions_for_transactions_is_enough() {
    let front = PoolerFront::start(StartupOptions::Refused, PoolMode::Transaction, 5);
    let database = Database::migrated().await;
    let url = front.url(&database);
    let app = TestApp::launch(database, &[("CONNECTION_URL", &url)], &[]);
    app.wait_for_log("\"schema\":\"current\"");
    crowd(&app).await;
}
