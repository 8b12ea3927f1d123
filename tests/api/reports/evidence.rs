//! An activity can be reported for 24 hours after it is gone, and only operators see its copies.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio_postgres::{Client, Transaction};

use super::{look, path, report};
use crate::support::{Answer, TestApp, User, eventually, id};

/// A transaction that keeps the purge from deleting the activity and permits updates of it.
async fn hold<'a>(client: &'a mut Client, uuid: &str) -> Transaction<'a> {
    let transaction = client.transaction().await.unwrap();
    let statement = format!("select from activities where uuid = '{uuid}' for key share");
    transaction.query_one(&statement, &[]).await.unwrap();
    transaction
}

/// Moves the expiry of an activity into the past.
async fn expire(app: &TestApp, activity: &Value, hours: u32) {
    let sql = format!(
        "update activities set expires_at = now() - interval '{hours} hours' where uuid = '{}'",
        id(activity)
    );
    app.database.execute(&sql).await;
}

/// Moves every deletion back in time.
async fn age_deletions(app: &TestApp, hours: u32) {
    let sql = format!(
        "update gone_activities set gone_at = gone_at - interval '{hours} hours';
         update deleted_activities set deleted_at = deleted_at - interval '{hours} hours'"
    );
    app.database.execute(&sql).await;
}

async fn rows(app: &TestApp, table: &str) -> i64 {
    let count = format!("select count(*) from {table}");
    app.database.count(&count).await
}

async fn delete(user: &User<'_>, activity: &Value) {
    let path = format!("/api/activities/{}", id(activity));
    user.delete(&path).await.ok();
}

/// For how many hours the activity of a report had been gone, rounded down.
async fn hours_gone(app: &TestApp, answer: Answer) -> i64 {
    let report = look(app, &answer.ok()).await;
    let time = |value: &Value| -> DateTime<Utc> { value.as_str().unwrap().parse().unwrap() };
    let gone_at = time(&report["copies"]["activity"]["gone_at"]);
    (time(&report["created_at"]) - gone_at).num_hours()
}

#[tokio::test]
async fn an_expired_activity_can_be_reported_for_24_hours_before_the_purge_deletes_it() {
    let app = TestApp::start_operated().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("short-lived").await;
    let mut holder = app.database.connect().await;
    let holding = hold(&mut holder, id(&post)).await;
    expire(&app, &post, 23).await;
    assert_eq!(hours_gone(&app, report(&alice, id(&post)).await).await, 23);
    app.database.execute("delete from reports").await;
    expire(&app, &post, 25).await;
    let refused = report(&alice, id(&post)).await;
    refused.refused(404, "activity_not_found");
    assert_eq!(rows(&app, "activities").await, 1);

    holding.rollback().await.unwrap();
    eventually(async || rows(&app, "activities").await == 0).await;
    assert_eq!(rows(&app, "gone_activities").await, 0, "gone for too long");
}

#[tokio::test]
async fn an_expired_activity_can_be_reported_for_24_hours_after_the_purge_has_deleted_it() {
    let app = TestApp::start_operated().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("short-lived").await;
    let reply = bob.reply(&post, "Is it?").await;
    expire(&app, &post, 23).await;
    expire(&app, &reply, 23).await;
    eventually(async || rows(&app, "activities").await == 0).await;
    let answer = report(&alice, id(&reply)).await;
    let copies = look(&app, &answer.body).await["copies"].clone();
    assert_eq!(copies["activity"]["message"], "Is it?");
    assert_eq!(copies["activity"]["handle"], "bob");
    assert_eq!(copies["parent"]["message"], "short-lived");
    assert_eq!(hours_gone(&app, answer).await, 23);

    age_deletions(&app, 2).await;
    let refused = report(&alice, id(&post)).await;
    refused.refused(404, "activity_not_found");
}

#[tokio::test]
async fn a_reply_below_a_deleted_activity_can_be_reported_for_24_hours() {
    let app = TestApp::start_operated().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("Nice weather").await;
    let reply = bob.reply(&post, "You are a fool").await;
    delete(&alice, &post).await;
    assert_eq!(hours_gone(&app, report(&alice, id(&reply)).await).await, 0);

    app.database.execute("delete from reports").await;
    age_deletions(&app, 23).await;
    for activity in [&post, &reply] {
        let answer = report(&alice, id(activity)).await;
        assert_eq!(hours_gone(&app, answer).await, 23);
    }
    age_deletions(&app, 2).await;
    let refused = report(&bob, id(&reply)).await;
    refused.refused(404, "activity_not_found");
    // The first report is still the report of the activity.
    report(&alice, id(&reply)).await.ok();
}

/// More replies than a request deletes.
async fn insert_many_replies(app: &TestApp, post: &Value) {
    let sql = format!(
        "insert into activities (uuid, user_uuid, message, reply_to_activity_uuid, expires_at)
         select md5('reply ' || n)::uuid, users.uuid, 'reply ' || n, '{}', now() + interval '7 days'
         from users, generate_series(1, 1500) as n
         where handle = 'bob'",
        id(post)
    );
    app.database.execute(&sql).await;
}

/// The uuid of a reply that [`insert_many_replies`] inserted.
async fn inserted(app: &TestApp, number: u32) -> String {
    let client = app.database.connect().await;
    let statement = format!("select md5('reply {number}')::uuid::text");
    client.query_one(&statement, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_deleted_thread_of_1_500_replies_can_be_reported_for_24_hours_since_its_deletion() {
    let app = TestApp::start_operated().await;
    let (alice, bob, carol) = (
        app.user("alice").await,
        app.user("bob").await,
        app.user("carol").await,
    );
    let post = alice.create_activity("Many answer this").await;
    insert_many_replies(&app, &post).await;
    let (held, deleted) = (inserted(&app, 1).await, inserted(&app, 2).await);
    let mut holder = app.database.connect().await;
    let holding = hold(&mut holder, &held).await;
    delete(&alice, &post).await;
    for uuid in [id(&post), &held, &deleted] {
        assert_eq!(hours_gone(&app, report(&alice, uuid).await).await, 0);
    }
    // What is left is the activity that was marked as deleted, and the reply that the purge cannot delete.
    app.database
        .wait_for_count("select count(*) from activities", 2)
        .await;
    age_deletions(&app, 23).await;
    for uuid in [id(&post), &held, &deleted] {
        assert_eq!(hours_gone(&app, report(&bob, uuid).await).await, 23);
    }
    let marked = report(&bob, id(&post)).await.ok();
    let copy = look(&app, &marked).await["copies"]["activity"].clone();
    assert_eq!(copy["expires_at"], post["expires_at"]);

    age_deletions(&app, 2).await;
    for uuid in [id(&post), &held, &deleted] {
        let refused = report(&carol, uuid).await;
        refused.refused(404, "activity_not_found");
    }
    holding.rollback().await.unwrap();
    eventually(async || rows(&app, "activities").await == 0).await;
    let copies = format!("select count(*) from gone_activities where uuid = '{held}'");
    assert_eq!(app.database.count(&copies).await, 0, "gone for too long");
}

#[tokio::test]
async fn what_an_operator_removed_can_be_reported() {
    let app = TestApp::start_operated().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("removed").await;
    let removal = format!("/admin/activities/{}", id(&post));
    app.admin().delete(&removal).await.ok();
    assert_eq!(hours_gone(&app, report(&alice, id(&post)).await).await, 0);
}

#[tokio::test]
async fn what_a_deleted_user_and_others_below_wrote_can_be_reported_with_their_names() {
    let app = TestApp::start_operated().await;
    let (alice, bob, carol) = (
        app.user("alice").await,
        app.user("bob").await,
        app.user("carol").await,
    );
    let post = alice.create_activity("I am leaving").await;
    let reply = bob.reply(&post, "Good").await;
    let deeper = alice.reply(&reply, "Is it").await;
    let own = bob.create_activity("Carol is a fool").await;
    let before = report(&bob, id(&post)).await.ok();
    // One statement for two users, each of whom wrote below the other one.
    app.database
        .execute("delete from users where handle in ('alice', 'bob')")
        .await;

    for (activity, handle, display_name) in [
        (&post, "alice", "Alice"),
        (&reply, "bob", "Bob"),
        (&deeper, "alice", "Alice"),
        (&own, "bob", "Bob"),
    ] {
        let answer = report(&carol, id(activity)).await.ok();
        let copy = look(&app, &answer).await["copies"]["activity"].clone();
        assert_eq!(
            (&copy["handle"], &copy["display_name"], &copy["message"]),
            (&json!(handle), &json!(display_name), &activity["message"])
        );
    }
    // The report of a deleted user stays, without the user.
    let seen = look(&app, &before).await;
    assert_eq!(seen["reporter"], Value::Null);
    assert_eq!(seen["note"], "Look at this.");
    assert_eq!(seen["copies"]["activity"]["handle"], "alice");
}

#[tokio::test]
async fn the_activities_of_a_deleted_account_are_gone_since_the_account_is_hidden() {
    let app = TestApp::start_operated().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let (first, second) = (
        alice.create_activity("first").await,
        alice.create_activity("second").await,
    );
    // Hides the user and removes the names in one statement, as the deletion of an account does.
    app.database
        .execute(
            "with hidden as (
                insert into hidden_users (user_uuid, reason)
                select uuid, 'deleted' from users where handle = 'alice'
             )
             update users set handle = 'deleted_1', display_name = 'Deleted user' where handle = 'alice'",
        )
        .await;
    let age = async |hours: u32| {
        let sql = format!("update hidden_users set hidden_at = now() - interval '{hours} hours'");
        app.database.execute(&sql).await;
    };
    age(23).await;
    app.database
        .execute("delete from activities where message = 'second'")
        .await;
    for activity in [&first, &second] {
        let answer = report(&bob, id(activity)).await;
        let copy = look(&app, &answer.body).await["copies"]["activity"].clone();
        assert_eq!(
            (&copy["handle"], &copy["display_name"]),
            (&json!("alice"), &json!("Alice"))
        );
        assert_eq!(hours_gone(&app, answer).await, 23);
    }
    app.database.execute("delete from reports").await;
    age(25).await;
    let refused = report(&bob, id(&first)).await;
    refused.refused(404, "activity_not_found");
    app.database
        .execute("update gone_users set gone_at = gone_at - interval '24 hours'")
        .await;
    eventually(async || rows(&app, "gone_users").await == 0).await;
}

#[tokio::test]
async fn no_route_of_the_api_shows_a_copy() {
    let app = TestApp::start_operated().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("a marmalade secret for @bob").await;
    let reply = bob.reply(&post, "a marmalade answer").await;
    let reported = report(&bob, id(&post)).await.ok();
    delete(&alice, &post).await;
    report(&alice, id(&reply)).await.ok();
    assert_eq!(rows(&app, "gone_activities").await, 2);

    for uuid in [id(&post), id(&reply)] {
        for path in [
            format!("/api/activities/{uuid}"),
            format!("/api/activities/@alice/status/{uuid}"),
            format!("/api/activities/@bob/status/{uuid}"),
        ] {
            bob.get(&path).await.refused(404, "activity_not_found");
        }
    }
    for list in [
        "/api/activities/home",
        "/api/activities/@alice",
        "/api/activities/@bob",
        "/api/activities/notifications",
        "/api/activities/search?term=marmalade",
        "/api/activities/search?term=%40alice",
    ] {
        for user in [&alice, &bob] {
            assert_eq!(user.get(list).await.ok(), json!([]), "{list}");
        }
    }
    let as_user = bob.get(&format!("/admin/reports/{}", id(&reported))).await;
    as_user.problem(401, "generic_401");
    bob.get("/admin/reports").await.problem(401, "generic_401");
    bob.get(&path(id(&post)))
        .await
        .refused(405, "method_not_allowed");
}

#[tokio::test]
async fn two_servers_purge_thousands_of_activities_and_keep_a_copy_of_each() {
    let app = TestApp::start().await;
    app.insert_user("alice").await;
    let _second = TestApp::start_second(&app, &[]).await;
    app.database
        .execute(
            "insert into activities (user_uuid, message, expires_at)
             select uuid, 'old', now() - interval '1 hour' from users, generate_series(1, 3500)",
        )
        .await;
    eventually(async || rows(&app, "activities").await == 0).await;
    assert_eq!(rows(&app, "gone_activities").await, 3500);
    age_deletions(&app, 24).await;
    eventually(async || rows(&app, "gone_activities").await == 0).await;
}
