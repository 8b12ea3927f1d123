//! Expired activities are absent from every route from the instant of expiry, by the clock of the database.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::{TestApp, eventually, id};

/// Moves a row back in time until it has just expired.
async fn expire(app: &TestApp, activity: &Value) {
    app.database
        .execute(&format!(
            "update activities
             set created_at = created_at - (expires_at - now()), expires_at = now()
             where uuid = '{}'",
            id(activity)
        ))
        .await;
}

#[tokio::test]
async fn an_expired_activity_is_absent_from_every_route() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("short-lived").await;
    let path = format!("/api/activities/{}", id(&post));
    let status = format!("/api/activities/@alice/status/{}", id(&post));

    assert_eq!(app.get("/api/activities/home").await.ok(), json!([post]));
    assert_eq!(app.get("/api/activities/@alice").await.ok(), json!([post]));
    assert_eq!(app.get(&path).await.ok(), post);
    assert_eq!(app.get(&status).await.ok()["activity"], post);

    expire(&app, &post).await;

    assert_eq!(app.get("/api/activities/home").await.ok(), json!([]));
    assert_eq!(app.get("/api/activities/@alice").await.ok(), json!([]));
    app.get(&path).await.refused(404, "activity_not_found");
    app.get(&status).await.refused(404, "activity_not_found");
    let reply = bob
        .post(&format!("{path}/reply"), &json!({ "message": "too late" }))
        .await;
    reply.refused(404, "activity_not_found");
    alice.delete(&path).await.refused(404, "activity_not_found");
}

#[tokio::test]
async fn an_expired_reply_is_absent_from_its_thread_and_from_the_feeds() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("stays").await;
    let reply = alice.reply(&post, "goes").await;
    expire(&app, &reply).await;
    for path in ["/api/activities/home", "/api/activities/@alice"] {
        assert_eq!(app.get(path).await.ok()[0]["replies"], json!([]), "{path}");
    }
    let thread = app
        .get(&format!("/api/activities/{}", id(&post)))
        .await
        .ok();
    assert_eq!(thread["replies"], json!([]));
}

#[tokio::test]
async fn reads_around_an_expiry_show_exactly_the_activities_that_have_not_expired() {
    let app = TestApp::start().await;
    app.insert_user("alice").await;
    let client = app.database.connect().await;
    // One activity expires every 40 ms, and no request changes them.
    let expiries: Vec<DateTime<Utc>> = client
        .query(
            "insert into activities (user_uuid, message, expires_at)
             select uuid, n::text, date_trunc('milliseconds', now()) + n * interval '40 ms'
             from users, generate_series(1, 60) as n
             returning expires_at",
            &[],
        )
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    let clock = async || -> DateTime<Utc> {
        let row = client.query_one("select clock_timestamp()", &[]).await;
        row.unwrap().get(0)
    };
    let last = *expiries.iter().max().unwrap();
    let mut reads = 0;
    let mut now = clock().await;
    while now < last + TimeDelta::milliseconds(40) {
        for path in ["/api/activities/home", "/api/activities/@alice"] {
            let began = now;
            let page = app.get(&format!("{path}?limit=100")).await.ok();
            now = clock().await;
            let shown: HashSet<DateTime<Utc>> = page
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["expires_at"].as_str().unwrap().parse().unwrap())
                .collect();
            for expiry in &expiries {
                let is_shown = shown.contains(expiry);
                assert!(!is_shown || *expiry > began, "{path} shows {expiry}");
                assert!(is_shown || *expiry <= now, "{path} misses {expiry}");
            }
            reads += 1;
        }
    }
    assert!(reads > 3, "{reads}");
}

#[tokio::test]
async fn the_purge_deletes_expired_rows_and_no_others() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let kept = alice.create_activity("stays").await;
    let reply = alice.reply(&kept, "stays too").await;
    // A thread of a thousand replies, three deep, and two thousand posts: several batches.
    app.database
        .execute(
            "insert into activities (user_uuid, message, expires_at)
             select uuid, 'old', now() - interval '1 second' from users, generate_series(1, 2000);
             insert into activities (user_uuid, message, expires_at, reply_to_activity_uuid)
             select user_uuid, 'old reply', expires_at, uuid
             from (select * from activities where message = 'old' limit 1) as old,
                  generate_series(1, 1000);
             insert into activities (user_uuid, message, expires_at, reply_to_activity_uuid)
             select user_uuid, 'deeper', expires_at, uuid
             from activities where message = 'old reply' limit 10",
        )
        .await;
    let _second = TestApp::start_second(&app, &[]).await;
    let left = "select count(*) from activities where expires_at <= now()";
    eventually(async || app.database.count(left).await == 0).await;
    let home = app.get("/api/activities/home").await.ok();
    assert_eq!(home.as_array().unwrap().len(), 1);
    assert_eq!(
        (&home[0]["uuid"], &home[0]["replies"][0]),
        (&kept["uuid"], &reply)
    );
}
