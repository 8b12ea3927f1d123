//! Where a stream goes on: after a page, after an event, at another server, after a restart, and when that is not known.

use serde_json::{Value, json};

use crate::support::{LiveStream, TestApp, id};

/// The path of a page with its topic.
async fn pages(post: &Value) -> Vec<(String, String)> {
    vec![
        ("/api/activities/home".to_owned(), "home".to_owned()),
        ("/api/activities/home?limit=1".to_owned(), "home".to_owned()),
        ("/api/activities/@alice".to_owned(), "@alice".to_owned()),
        (
            "/api/activities/@alice?include=reposts".to_owned(),
            "@alice".to_owned(),
        ),
        (
            format!("/api/activities/{}", id(post)),
            format!("activity:{}", id(post)),
        ),
        (
            format!("/api/activities/@alice/status/{}", id(post)),
            format!("activity:{}", id(post)),
        ),
    ]
}

#[tokio::test]
async fn between_a_page_and_its_stream_nothing_is_lost_and_nothing_comes_twice() {
    for settings in [&[][..], &[("CACHE_SIZE", "0")]] {
        let app = TestApp::start_with(settings).await;
        let other = TestApp::start_second(&app, settings).await;
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let post = alice.create_activity("first").await;
        for (path, topic) in pages(&post).await {
            // Read, kept, and after a change.
            for round in 0..3 {
                let before = bob.reply(&post, "before").await;
                let page = app.get(&path).await;
                let cursor = page.header("live-cursor").expect(&path).to_owned();
                let after = bob.reply(&post, "after").await;
                let stream = format!("topics={topic}&after={cursor}");
                let mut stream = LiveStream::open(&other, &stream).await;
                let first = stream.expect().await;
                assert_eq!(
                    (&*first.name, &first.data["uuid"]),
                    ("activity", &after["uuid"]),
                    "{path}, round {round}, after {before}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_page_that_has_not_changed_names_a_newer_cursor_with_304() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    alice.create_activity("first").await;
    let page = app.get("/api/activities/home").await;
    let request = app.request(reqwest::Method::GET, "/api/activities/home");
    let request = request.header("if-none-match", page.header("etag").unwrap());
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 304);
    let cursor = answer.headers()["live-cursor"].to_str().unwrap();
    let mut stream = LiveStream::open(&app, &format!("topics=home&after={cursor}")).await;
    let second = alice.create_activity("second").await;
    assert_eq!(stream.expect().await.data, second);
}

#[tokio::test]
async fn notices_and_messages_go_on_after_their_pages() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    bob.create_activity("one @alice").await;
    let message = |text: &str| json!({ "message": text, "handle": "alice" });
    let sent = bob.post("/api/messages", &message("one")).await.ok();
    let group = sent["message_group_uuid"].as_str().unwrap();
    for (path, topic) in [
        ("/api/notifications", "notifications"),
        ("/api/activities/notifications", "notifications"),
        ("/api/message_groups", "messages"),
        ("/api/messages/@bob", "messages"),
        (&format!("/api/messages/{group}"), "messages"),
    ] {
        let page = alice.get(path).await;
        let cursor = page.header("live-cursor").expect(path);
        let path = format!("/api/live?topics={topic}&after={cursor}");
        bob.create_activity("two @alice").await;
        bob.post("/api/messages", &message("two")).await.ok();
        let request = alice.request(reqwest::Method::GET, &path);
        let event = LiveStream::of(request).await.expect().await;
        let (text, expected) = match topic {
            "messages" => (&event.data["message"], "two"),
            _ => (&event.data["activity"]["message"], "two @alice"),
        };
        assert_eq!(text, expected, "{path}");
    }
}

#[tokio::test]
async fn a_stream_goes_on_after_its_last_event_at_another_server_and_after_a_restart() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let mut home = LiveStream::open(&app, "topics=home").await;
    let first = alice.create_activity("first").await;
    assert_eq!(home.expect().await.data, first);
    let second = alice.create_activity("second").await;
    app.kill();
    let other = TestApp::start_second(&app, &[]).await;
    let mut again = LiveStream::open(&other, &format!("topics=home&after={}", home.id)).await;
    assert_eq!(again.expect().await.data, second);

    // In one transaction, so that the next events belong together.
    other
        .database
        .execute(
            "insert into activities (user_uuid, message, expires_at)
             select uuid, 'of ' || n, now() + interval '1 hour'
             from users cross join generate_series(1, 3) as n",
        )
        .await;
    let mut told = Vec::new();
    for _ in 0..3 {
        let event = again.expect().await;
        told.push(event.data["message"].clone());
        let request = other
            .request(reqwest::Method::GET, "/api/live?topics=home")
            .header("last-event-id", &event.id);
        again = LiveStream::of(request).await;
    }
    told.sort_by_key(Value::to_string);
    assert_eq!(told, ["of 1", "of 2", "of 3"]);
    let last = other.sign_in("alice").await.create_activity("last").await;
    assert_eq!(again.expect().await.data, last);
}

#[tokio::test]
async fn what_expired_and_was_purged_meanwhile_is_told_once() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("short").await;
    let home = app.get("/api/activities/home").await;
    let cursor = home.header("live-cursor").unwrap();
    app.database
        .execute("update activities set expires_at = now() + interval '50 ms'")
        .await;
    app.database
        .wait_for_count("select count(*) from activities", 0)
        .await;
    let mut stream = LiveStream::open(&app, &format!("topics=home&after={cursor}")).await;
    let next = alice.create_activity("next").await;
    let expired = ("expired".to_owned(), json!({ "uuid": id(&post) }));
    assert_eq!(
        stream.take(2).await,
        [expired, ("activity".to_owned(), next)]
    );
}

#[tokio::test]
async fn a_transaction_that_was_open_for_long_is_told_when_it_commits() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let mut client = app.database.connect().await;
    let open = client.transaction().await.unwrap();
    let insert = "insert into activities (user_uuid, message, expires_at)
         select uuid, 'late', now() + interval '1 hour' from users";
    open.batch_execute(insert).await.unwrap();
    let mut home = LiveStream::open(&app, "topics=home").await;
    let first = alice.create_activity("first").await;
    assert_eq!(home.expect().await.data, first);
    let cursor = home.id.clone();
    open.commit().await.unwrap();
    assert_eq!(home.expect().await.data["message"], "late");
    let mut again = LiveStream::open(&app, &format!("topics=home&after={cursor}")).await;
    assert_eq!(again.expect().await.data["message"], "late");
}

#[tokio::test]
async fn a_cursor_of_another_database_or_from_too_long_ago_makes_the_client_load_again() {
    let app = TestApp::start().await;
    let elsewhere = TestApp::start().await;
    let alice = app.user("alice").await;
    let foreign = LiveStream::open(&elsewhere, "topics=home").await.id;
    let own = LiveStream::open(&app, "topics=home").await.id;
    let text = String::from_utf8(decoded(&own)).unwrap();
    let (time, rest) = text.split_once(' ').unwrap();
    let time: i64 = time.parse().unwrap();
    let minute = 60_000_000;
    let old = encoded(&format!("{} {rest}", time - 11 * minute));
    for cursor in [&foreign, &old] {
        let mut stream = LiveStream::open(&app, &format!("topics=home&after={cursor}")).await;
        assert_eq!(stream.take(1).await, [("resync".to_owned(), json!({}))]);
        let post = alice.create_activity("after").await;
        assert_eq!(stream.expect().await.data, post);
    }
    let recent = encoded(&format!("{} {rest}", time - 9 * minute));
    let mut stream = LiveStream::open(&app, &format!("topics=home&after={recent}")).await;
    assert_eq!(stream.expect().await.name, "activity");
}

#[tokio::test]
async fn a_text_that_is_no_cursor_is_refused() {
    let app = TestApp::start().await;
    for text in ["x", "%00", "eyJ9", &"A".repeat(20_000)] {
        let answer = app
            .get(&format!("/api/live?topics=home&after={text}"))
            .await;
        // A very long address may be refused before it reaches the route.
        if text.len() < 10_000 || answer.status == 400 {
            assert_eq!(
                (answer.status, &answer.body),
                (400, &json!(["malformed_cursor"])),
                "{text}"
            );
        }
    }
}

fn decoded(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(text)
        .unwrap()
}

fn encoded(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}
