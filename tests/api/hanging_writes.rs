//! A synchronous standby that does not confirm writes: only writes wait, and readiness says so.

use serde_json::json;
use tokio_postgres::NoTls;

use crate::support::{Database, ExternalPostgres, TestApp, cruddur, default_programs, eventually};

#[tokio::test]
async fn while_a_synchronous_standby_is_missing_readiness_names_the_writes_and_reads_are_served() {
    let postgres = ExternalPostgres::start(&default_programs(), None);
    let url = postgres.url("127.0.0.1");
    let settings = [("CONNECTION_URL", url.as_str())];
    for command in ["migrate", "seed"] {
        let status = cruddur(&["db", command]).envs(settings).status();
        assert!(status.unwrap().success());
    }
    let app = TestApp::launch(Database::placeholder(), &settings, &[]);
    app.wait_for_log("\"schema\":\"current\"");
    let user = app.sign_in("andrewbrown").await;
    user.create_activity("confirmed").await;
    let (db, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    for sql in [
        "alter system set synchronous_standby_names to 'missing'",
        "select pg_reload_conf()",
    ] {
        db.batch_execute(sql).await.unwrap();
    }
    let hanging = json!({ "message": "not confirmed", "ttl": "1-hour" });
    eventually(async || user.post("/api/activities", &hanging).await.status == 503).await;
    app.wait_for_log("the database commits no writes in time");
    let ready = app.get("/readyz").await;
    assert_eq!(
        (ready.status, ready.body),
        (503, json!({ "status": "not_ready", "missing": "writes" }))
    );
    app.get("/api/activities/home").await.ok();
    app.get("/api/users/@andrewbrown").await.ok();
    let waiting = "select count(*) from pg_stat_activity
        where wait_event = 'SyncRep' and application_name like 'cruddur-server:%'";
    // At most the probe's own write, which each probe cancels.
    eventually(async || db.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) <= 1).await;
    for sql in [
        "alter system reset synchronous_standby_names",
        "select pg_reload_conf()",
    ] {
        db.batch_execute(sql).await.unwrap();
    }
    app.wait_for_log("the database commits writes again");
    assert_eq!(app.get("/readyz").await.status, 200);
    user.create_activity("confirmed again").await;
}
