//! A streaming standby beside the primary: no request is answered by it.

use serde_json::json;
use tokio_postgres::NoTls;

use crate::support::{
    AlternatingFront, Database, ExternalPostgres, TestApp, User, cruddur, default_programs,
    eventually, id,
};

/// A primary with users, and a standby that applies each change two seconds later.
fn primary_and_standby() -> (ExternalPostgres, ExternalPostgres) {
    let programs = default_programs();
    let primary = ExternalPostgres::start(&programs, None);
    let settings = [("CONNECTION_URL", primary.url("127.0.0.1"))];
    for command in ["migrate", "seed"] {
        let output = cruddur(&["db", command]).envs(settings.clone()).output();
        let output = output.unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stderr}");
    }
    let standby = primary.start_standby(&programs, "2s");
    (primary, standby)
}

/// The connection string of the primary with another port.
fn url(primary: &ExternalPostgres, port: impl ToString) -> String {
    let own = format!("port={}", primary.port);
    primary
        .url("127.0.0.1")
        .replace(&own, &format!("port={}", port.to_string()))
}

async fn post(user: &User<'_>, text: &str) -> Option<String> {
    let body = json!({ "message": text, "ttl": "1-hour" });
    let answer = user.post("/api/activities", &body).await;
    (answer.status == 200).then(|| id(&answer.body).to_owned())
}

#[tokio::test]
async fn no_read_is_stale_where_one_address_leads_to_primary_and_standby_by_turns() {
    let (primary, standby) = primary_and_standby();
    let front = AlternatingFront::start(vec![primary.port, standby.port]);
    let url_of_front = url(&primary, front.port);
    let settings = [("CONNECTION_URL", url_of_front.as_str())];
    let app = TestApp::launch(Database::placeholder(), &settings, &[]);
    app.wait_for_log("\"schema\":\"current\"");
    let user = app.sign_in("andrewbrown").await;
    let (db, connection) = tokio_postgres::connect(&primary.url("127.0.0.1"), NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let mut fresh = 0;
    for number in 0.. {
        if number % 50 == 0 {
            // The server connects again.
            db.batch_execute(
                "select pg_terminate_backend(pid) from pg_stat_activity
                 where application_name like 'cruddur-server:%'",
            )
            .await
            .unwrap();
        }
        let Some(uuid) = post(&user, &format!("number {number}")).await else {
            continue;
        };
        let thread = app.get(&format!("/api/activities/{uuid}")).await;
        let home = app.get("/api/activities/home?limit=1").await;
        for (answer, found) in [
            (thread.status, thread.body["uuid"] == uuid),
            (home.status, home.body[0]["uuid"] == uuid),
        ] {
            assert!(found || answer == 503, "stale after {fresh} fresh reads");
            fresh += usize::from(found);
        }
        if fresh >= 1_000 {
            break;
        }
    }
}

#[tokio::test]
async fn a_server_whose_only_address_leads_to_a_standby_is_not_ready_until_it_is_promoted() {
    let (primary, standby) = primary_and_standby();
    let url = url(&primary, standby.port);
    let app = TestApp::launch(
        Database::placeholder(),
        &[("CONNECTION_URL", url.as_str()), ("RUST_LOG", "debug")],
        &[],
    );
    app.wait_for_log("the database server is a standby and refuses writes");
    let ready = app.get("/readyz").await;
    assert_eq!(
        (ready.status, ready.body),
        (503, json!({ "status": "not_ready", "missing": "database" }))
    );
    let (db, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    db.batch_execute("select pg_promote()").await.unwrap();
    eventually(async || app.get("/readyz").await.status == 200).await;
    let user = app.sign_in("andrewbrown").await;
    assert!(post(&user, "after the promotion").await.is_some());
}

#[tokio::test]
async fn with_two_hosts_the_standby_serves_as_soon_as_it_is_promoted() {
    let (primary, standby) = primary_and_standby();
    let both = url(&primary, format!("{},{}", primary.port, standby.port))
        .replace("host=127.0.0.1", "host=127.0.0.1,127.0.0.1")
        .replace("hostaddr=127.0.0.1", "hostaddr=127.0.0.1,127.0.0.1");
    let settings = [("CONNECTION_URL", both.as_str())];
    let app = TestApp::launch(Database::placeholder(), &settings, &[]);
    app.wait_for_log("\"schema\":\"current\"");
    let user = app.sign_in("andrewbrown").await;
    let before = post(&user, "before").await.unwrap();
    let standby_url = url(&primary, standby.port);
    let (db, connection) = tokio_postgres::connect(&standby_url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let arrived = format!("select count(*) from activities where uuid = '{before}'");
    eventually(async || db.query_one(&arrived, &[]).await.unwrap().get::<_, i64>(0) == 1).await;
    drop(primary);
    db.batch_execute("select pg_promote()").await.unwrap();
    eventually(async || post(&user, "after").await.is_some()).await;
    app.get(&format!("/api/activities/{before}")).await.ok();
}
