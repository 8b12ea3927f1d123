//! Notices and messages on streams, the tickets that open them, and how they end.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{LiveStream, TestApp, User, id};

const PRIVATE: &str = "/api/live?topics=notifications,messages";

async fn ticket(user: &User<'_>) -> String {
    let answer = user.post("/api/live/tickets", &json!({})).await.ok();
    answer["ticket"].as_str().unwrap().to_owned()
}

async fn mine(user: &User<'_>) -> LiveStream {
    LiveStream::of(user.request(Method::GET, PRIVATE)).await
}

#[tokio::test]
async fn notices_and_messages_reach_their_users_and_no_others() {
    let app = TestApp::start().await;
    let (alice, bob, eve) = (
        app.user("alice").await,
        app.user("bob").await,
        app.user("eve").await,
    );
    let post = alice.create_activity("mine").await;
    let mut of_alice = mine(&alice).await;
    let mut of_bob = mine(&bob).await;
    let mut of_eve = mine(&eve).await;

    bob.put(&format!("/api/activities/{}/like", id(&post)))
        .await
        .ok();
    let listed = alice.get("/api/notifications").await.ok();
    assert_eq!(
        of_alice.take(1).await,
        [("notification".to_owned(), listed[0].clone())]
    );

    let body = json!({ "message": "hello", "handle": "alice" });
    let sent = bob.post("/api/messages", &body).await.ok();
    for stream in [&mut of_alice, &mut of_bob] {
        let message = stream.expect().await;
        assert_eq!(message.name, "message");
        let group = &sent["message_group_uuid"];
        for (key, expected) in [
            ("uuid", &sent["uuid"]),
            ("message", &json!("hello")),
            ("handle", &json!("bob")),
            ("receiver_handle", &json!("alice")),
            ("message_group_uuid", group),
        ] {
            assert_eq!(&message.data[key], expected, "{key}");
        }
    }

    let body = json!({ "message": "for eve", "handle": "eve" });
    bob.post("/api/messages", &body).await.ok();
    assert_eq!(of_eve.expect().await.data["message"], "for eve");
    assert_eq!(of_bob.expect().await.data["message"], "for eve");
}

#[tokio::test]
async fn the_notices_of_blocked_and_suspended_users_are_not_told() {
    let app = TestApp::start().await;
    let (alice, bob, eve) = (
        app.user("alice").await,
        app.user("bob").await,
        app.user("eve").await,
    );
    let mut of_alice = mine(&alice).await;
    alice.put("/api/users/@bob/block").await.ok();
    // The notices that Alice sees are others now.
    assert_eq!(of_alice.expect().await.name, "resync");
    bob.create_activity("hello @alice").await;
    app.database
        .execute(
            "insert into hidden_users (user_uuid, reason)
             select uuid, 'suspended' from users where handle = 'bob'",
        )
        .await;
    eve.create_activity("hello @alice").await;
    let notice = of_alice.expect().await;
    assert_eq!(
        (&*notice.name, &notice.data["actor"]["handle"]),
        ("notification", &json!("eve"))
    );
}

#[tokio::test]
async fn what_a_suspended_user_has_written_leaves_the_pages() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = bob.create_activity("hidden soon").await;
    let mut home = LiveStream::open(&app, "topics=home").await;
    app.database
        .execute("insert into hidden_users (user_uuid, reason) select uuid, 'suspended' from users where handle = 'bob'")
        .await;
    assert_eq!(home.expect().await.name, "resync");
    assert_eq!(app.get("/api/activities/home").await.ok(), json!([]));
    // Deleting what was not shown is no event.
    app.database
        .execute(&format!(
            "delete from activities where uuid = '{}'",
            id(&post)
        ))
        .await;
    let post = alice.create_activity("next").await;
    let events = home.take(1).await;
    assert_eq!(events, [("activity".to_owned(), post)]);
}

#[tokio::test]
async fn a_ticket_opens_one_stream_at_any_server() {
    let app = TestApp::start().await;
    let other = TestApp::start_second(&app, &[]).await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let ticket = ticket(&alice).await;
    let path = format!("{PRIVATE}&ticket={ticket}");
    let mut stream = LiveStream::of(other.request(Method::GET, &path)).await;
    bob.create_activity("hello @alice").await;
    assert_eq!(stream.expect().await.name, "notification");
    for server in [&app, &other] {
        server.get(&path).await.refused(401, "generic_401");
    }
}

#[tokio::test]
async fn an_old_and_an_invented_ticket_are_refused() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let old = ticket(&alice).await;
    app.database
        .execute("update live_tickets set created_at = now() - interval '61 seconds'")
        .await;
    let long = "x".repeat(1_000);
    for ticket in [&*old, "invented", "%00", &long, ""] {
        let path = format!("/api/live?topics=home&ticket={ticket}");
        app.get(&path).await.refused(401, "generic_401");
    }
    let answer = alice.post("/api/live/tickets", &Value::Null).await;
    assert!(answer.ok()["expires_at"].is_string());
    let request = app.request(Method::POST, "/api/live/tickets");
    let request = request.header("x-forwarded-for", "192.0.2.1");
    let answer = crate::support::Answer::of(request).await;
    answer.refused(401, "generic_401");
}

#[tokio::test]
async fn an_anonymous_client_gets_neither_notices_nor_messages() {
    let app = TestApp::start().await;
    app.user("alice").await;
    for topics in ["notifications", "home,messages"] {
        let path = format!("/api/live?topics={topics}");
        // As through a proxy, without the development identity.
        let request = app.request(Method::GET, &path);
        let request = request.header("x-forwarded-for", "192.0.2.1");
        let answer = crate::support::Answer::of(request).await;
        answer.refused(401, "generic_401");
    }
}

#[tokio::test]
async fn a_stream_ends_with_the_token_of_its_user() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let ticket = ticket(&alice).await;
    app.database
        .execute("update live_tickets set token_expires_at = now() + interval '1 second'")
        .await;
    let path = format!("/api/live?topics=home&ticket={ticket}");
    let mut stream = LiveStream::of(app.request(Method::GET, &path)).await;
    assert_eq!(
        stream.take(1).await,
        [("unauthorized".to_owned(), json!({}))]
    );
    assert_eq!(stream.next().await, None);
}
