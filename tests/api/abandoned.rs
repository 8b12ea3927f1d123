//! Requests whose client has gone or whose database connection is broken: their statements are cancelled, their
//! connections closed, and other requests do not wait for them.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Database, DatabaseProxy, RawConnection, TestApp, User, eventually};

const LOCK_USERS: &str = "lock table users in access exclusive mode";

/// The process ids of the sessions of the server that wait for a lock.
async fn waiting(app: &TestApp) -> Vec<i32> {
    let query = "select pid
        from pg_stat_activity
        where datname = current_database()
          and application_name like 'cruddur-server:%'
          and wait_event_type = 'Lock'";
    let rows = app.database.connect().await.query(query, &[]).await;
    rows.unwrap().iter().map(|row| row.get("pid")).collect()
}

/// How many of these sessions still exist.
async fn count_sessions(app: &TestApp, pids: &[i32]) -> i64 {
    let query = "select count(*) from pg_stat_activity where pid = any($1)";
    let db = app.database.connect().await;
    db.query_one(query, &[&pids]).await.unwrap().get(0)
}

#[tokio::test]
async fn the_session_of_a_request_whose_client_disconnects_ends_while_its_statement_still_waits() {
    let app = TestApp::start().await;
    app.insert_user("alice").await;
    let mut locker = app.database.connect().await;
    let locking = locker.transaction().await.unwrap();
    locking.batch_execute(LOCK_USERS).await.unwrap();
    let mut clients = Vec::new();
    for _ in 0..4 {
        let mut client = RawConnection::open(&app).await;
        client.send("GET", "/api/users/@alice", "null", "").await;
        clients.push(client);
    }
    eventually(async || waiting(&app).await.len() == 4).await;
    let pids = waiting(&app).await;
    clients.into_iter().for_each(RawConnection::reset);
    eventually(async || count_sessions(&app, &pids).await == 0).await;
    locking.rollback().await.unwrap();
    app.get("/api/users/@alice").await.ok();
}

#[tokio::test]
async fn a_request_that_finds_too_many_others_waiting_for_a_connection_is_refused() {
    let app = TestApp::start_with(&[("DB_POOL_SIZE", "1")]).await;
    app.insert_user("alice").await;
    let mut locker = app.database.connect().await;
    let locking = locker.transaction().await.unwrap();
    locking.batch_execute(LOCK_USERS).await.unwrap();
    let requests = (0..200).map(|_| app.get("/api/users/@alice"));
    for answer in join_all(requests).await {
        answer.refused(503, "service_unavailable");
    }
    app.wait_for_log("too many requests wait for a connection");
    locking.rollback().await.unwrap();
    // The pool closes the connection of the last request first.
    eventually(async || app.get("/api/users/@alice").await.status == 200).await;
}

/// As many requests at once as the server has connections of each kind, and their statuses.
async fn burst(app: &TestApp, user: &User<'_>, text: &str) -> Vec<u16> {
    let reads = join_all((0..8).map(|_| app.get("/api/users/@alice")));
    let feeds = join_all((0..8).map(|_| app.get("/api/activities/home")));
    let writes = join_all((0..8).map(|number| async move {
        let body = json!({ "message": format!("{text} {number}"), "ttl": "1-hour" });
        user.post("/api/activities", &body).await
    }));
    let (reads, feeds, writes) = tokio::join!(reads, feeds, writes);
    let answers = reads.into_iter().chain(feeds).chain(writes);
    answers.map(|answer| answer.status).collect()
}

#[tokio::test]
async fn requests_succeed_on_new_connections_as_soon_as_silent_ones_have_timed_out() {
    let proxy = DatabaseProxy::start();
    let database = Database::migrated().await;
    let url = proxy.url(&database);
    let app = TestApp::launch(database, &[("CONNECTION_URL", &url)], &[]);
    app.wait_for_log("\"schema\":\"current\"");
    let alice = app.user("alice").await;
    assert_eq!(burst(&app, &alice, "before").await, [200; 24]);
    proxy.silence();
    let statuses = burst(&app, &alice, "during").await;
    assert!(statuses.iter().all(|status| [200, 503].contains(status)));
    eventually(async || burst(&app, &alice, "after").await == [200; 24]).await;
}
