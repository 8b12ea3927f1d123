//! Home, the feeds of users, threads, and creating, replying to and deleting activities.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{TestApp, User, id};

const UNKNOWN_UUID: &str = "11111111-1111-4111-8111-111111111111";

async fn thread(app: &TestApp, activity: &Value) -> Value {
    app.get(&format!("/api/activities/{}", id(activity)))
        .await
        .ok()
}

async fn home(app: &TestApp) -> Vec<Value> {
    app.get("/api/activities/home")
        .await
        .ok()
        .as_array()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn creating_an_activity_returns_the_full_object() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let activity = alice.create_activity("hello").await;
    insta::assert_json_snapshot!(activity, {
        ".uuid" => "[uuid]", ".created_at" => "[time]", ".expires_at" => "[time]",
    }, @r#"
    {
      "created_at": "[time]",
      "display_name": "Alice",
      "expires_at": "[time]",
      "handle": "alice",
      "likes_count": 0,
      "message": "hello",
      "replies": [],
      "replies_count": 0,
      "reply_to_activity_uuid": null,
      "reposts_count": 0,
      "uuid": "[uuid]"
    }
    "#);
    assert_eq!(Uuid::parse_str(id(&activity)).unwrap().get_version_num(), 4);
    for key in ["created_at", "expires_at"] {
        let time = activity[key].as_str().unwrap();
        assert_eq!(
            (time.len(), time.find('.'), time.ends_with('Z')),
            (27, Some(19), true),
            "{time}"
        );
    }
    assert_eq!(json!(home(&app).await), json!([activity]));
    assert_eq!(
        app.get("/api/activities/@ALICE").await.ok(),
        json!([activity])
    );
    assert_eq!(thread(&app, &activity).await, activity);
}

#[tokio::test]
async fn every_ttl_sets_the_expiry_of_an_activity_to_its_duration() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    for (ttl, hours) in [
        ("30-days", 720),
        ("7-days", 168),
        ("3-days", 72),
        ("1-day", 24),
        ("12-hours", 12),
        ("3-hours", 3),
        ("1-hour", 1),
    ] {
        let activity = alice
            .post("/api/activities", &json!({ "message": ttl, "ttl": ttl }))
            .await
            .ok();
        let time = |key: &str| {
            chrono::DateTime::parse_from_rfc3339(activity[key].as_str().unwrap()).unwrap()
        };
        assert_eq!(
            (time("expires_at") - time("created_at")).num_seconds(),
            hours * 3600,
            "{ttl}"
        );
    }
}

#[tokio::test]
async fn a_reply_appears_under_its_parent_and_nowhere_else() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("hello").await;
    let reply = bob.reply(&post, "hello yourself").await;

    assert_eq!(reply["reply_to_activity_uuid"], post["uuid"]);
    assert_eq!(reply["expires_at"], post["expires_at"]);
    let home = home(&app).await;
    assert_eq!(home.len(), 1);
    assert_eq!(
        (&home[0]["replies_count"], &home[0]["replies"]),
        (&json!(1), &json!([reply]))
    );
    assert_eq!(thread(&app, &post).await, home[0]);
    assert_eq!(app.get("/api/activities/@bob").await.ok(), json!([]));
}

#[tokio::test]
async fn a_feed_shows_the_latest_three_replies_and_a_thread_all() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("count").await;
    let mut replies = Vec::new();
    for number in 1..=5 {
        replies.push(alice.reply(&post, &number.to_string()).await);
    }
    let home = home(&app).await;
    assert_eq!(home[0]["replies_count"], 5);
    assert_eq!(home[0]["replies"], json!(replies[2..]));
    assert_eq!(thread(&app, &post).await["replies"], json!(replies));
}

#[tokio::test]
async fn a_reply_to_a_reply_shows_in_that_replys_thread_only() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("one").await;
    let reply = alice.reply(&post, "two").await;
    let nested_reply = alice.reply(&reply, "three").await;

    let top = thread(&app, &post).await;
    assert_eq!(top["replies_count"], 1);
    assert_eq!(top["replies"][0]["replies_count"], 1);
    assert_eq!(top["replies"][0]["replies"], json!([]));
    assert_eq!(thread(&app, &reply).await["replies"], json!([nested_reply]));
}

#[tokio::test]
async fn a_status_page_holds_the_thread_for_the_authors_handle_only() {
    let app = TestApp::start().await;
    let (alice, _bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("hello").await;
    let reply = alice.reply(&post, "again").await;

    let path = |handle: &str| format!("/api/activities/@{handle}/status/{}", id(&post));
    let status = app.get(&path("Alice")).await.ok();
    assert_eq!(status["activity"], thread(&app, &post).await);
    assert_eq!(status["replies"], json!([reply]));
    app.get(&path("bob"))
        .await
        .refused(404, "activity_not_found");
}

#[tokio::test]
async fn deleting_a_reply_deletes_its_own_replies_and_lowers_the_count_of_its_parent() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("one").await;
    let reply = bob.reply(&post, "two").await;
    let nested_reply = alice.reply(&reply, "three").await;

    let path = format!("/api/activities/{}", id(&reply));
    alice.delete(&path).await.refused(403, "generic_403");
    assert_eq!(
        bob.delete(&path).await.ok(),
        json!({ "uuid": reply["uuid"] })
    );
    bob.delete(&path).await.refused(404, "activity_not_found");

    let top = thread(&app, &post).await;
    assert_eq!(
        (&top["replies_count"], &top["replies"]),
        (&json!(0), &json!([]))
    );
    for deleted in [&reply, &nested_reply] {
        app.get(&format!("/api/activities/{}", id(deleted)))
            .await
            .refused(404, "activity_not_found");
    }
}

#[tokio::test]
async fn the_routes_of_unknown_activities_and_users_respond_with_404() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let path = format!("/api/activities/{UNKNOWN_UUID}");
    app.get(&path).await.refused(404, "activity_not_found");
    app.get(&format!("/api/activities/@alice/status/{UNKNOWN_UUID}"))
        .await
        .refused(404, "activity_not_found");
    alice.delete(&path).await.refused(404, "activity_not_found");
    let answer = alice
        .post(&format!("{path}/reply"), &json!({ "message": "hello?" }))
        .await;
    answer.refused(404, "activity_not_found");
    for handle in ["unknown", "no-such", "%20", "a%00b", &"x".repeat(31)] {
        app.get(&format!("/api/activities/@{handle}"))
            .await
            .refused(404, "user_not_found");
    }
}

#[tokio::test]
async fn the_author_of_an_activity_is_the_user_of_the_token_and_not_of_the_body() {
    let app = TestApp::start().await;
    let (alice, _bob) = (app.user("alice").await, app.user("bob").await);
    let body = json!({ "message": "me", "ttl": "1-hour", "user_handle": "bob", "handle": "bob" });
    assert_eq!(
        alice.post("/api/activities", &body).await.ok()["handle"],
        "alice"
    );
}

#[tokio::test]
async fn a_development_server_posts_as_andrewbrown_without_a_token() {
    let app = TestApp::start().await;
    app.user("andrewbrown").await;
    let body = json!({ "message": "no token", "ttl": "1-hour" });
    let activity = app.post("/api/activities", &body).await.ok();
    assert_eq!(activity["handle"], "andrewbrown");
}

#[tokio::test]
async fn concurrent_replies_and_deletions_are_all_counted() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("race").await;
    let reply =
        async |alice: &User<'_>, number: usize| alice.reply(&post, &number.to_string()).await;
    let replies = futures_util::future::join_all((0..32).map(|number| reply(&alice, number))).await;
    let deletions = replies[..16].iter().map(async |reply| {
        alice
            .delete(&format!("/api/activities/{}", id(reply)))
            .await
            .ok()
    });
    futures_util::future::join_all(deletions).await;
    assert_eq!(thread(&app, &post).await["replies_count"], 16);
}
