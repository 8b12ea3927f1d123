//! Streams of events: what each topic tells, where a stream goes on, who may open one, and how one ends.

mod checker;
mod cursors;
mod limits;
mod private;

use serde_json::{Value, json};

#[cfg(target_os = "linux")]
use crate::support::start_with_fast_clock;
use crate::support::{LiveStream, TestApp, User, eventually, id};

/// The name and the activity of an event.
fn named(event: (String, Value)) -> (String, String) {
    (event.0, id(&event.1).to_owned())
}

async fn react(user: &User<'_>, activity: &Value, kind: &str) {
    let path = format!("/api/activities/{}/{kind}", id(activity));
    user.put(&path).await.ok();
}

async fn delete(user: &User<'_>, activity: &Value) {
    let path = format!("/api/activities/{}", id(activity));
    user.delete(&path).await.ok();
}

/// Lets an activity and what replies to it expire in a moment.
async fn expire(app: &TestApp, activity: &Value) {
    app.database
        .execute(&format!(
            "update activities set expires_at = now() + interval '100 ms'
             where '{}' in (uuid, reply_to_activity_uuid)",
            id(activity)
        ))
        .await;
}

#[tokio::test]
async fn home_tells_what_is_created_counted_deleted_and_expired() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let mut home = LiveStream::open(&app, "topics=home").await;
    let post = alice.create_activity("first").await;
    assert_eq!(home.take(1).await, [("activity".to_owned(), post.clone())]);

    react(&bob, &post, "like").await;
    let counts =
        json!({ "uuid": id(&post), "replies_count": 0, "reposts_count": 0, "likes_count": 1 });
    assert_eq!(home.take(1).await, [("counts".to_owned(), counts)]);

    let reply = bob.reply(&post, "a reply").await;
    assert_eq!(home.take(1).await, [("activity".to_owned(), reply.clone())]);
    let counts = home.expect().await;
    assert_eq!(
        (&*counts.name, &counts.data["replies_count"]),
        ("counts", &json!(1))
    );

    delete(&bob, &reply).await;
    let gone = json!({ "uuid": id(&reply) });
    assert_eq!(home.take(1).await, [("deleted".to_owned(), gone)]);
    assert_eq!(home.expect().await.data["replies_count"], 0);

    expire(&app, &post).await;
    let gone = json!({ "uuid": id(&post) });
    assert_eq!(home.take(1).await, [("expired".to_owned(), gone)]);
}

#[tokio::test]
async fn a_thread_and_the_page_of_a_user_tell_what_they_show() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("a thread").await;
    let other = bob.create_activity("elsewhere").await;
    let mut thread = LiveStream::open(&app, &format!("topics=activity:{}", id(&post))).await;
    let mut page = LiveStream::open(&app, "topics=@Alice").await;

    bob.reply(&other, "in another thread").await;
    let reply = bob.reply(&post, "in the thread").await;
    for stream in [&mut thread, &mut page] {
        assert_eq!(stream.expect().await.data, reply);
        assert_eq!(stream.expect().await.data["uuid"], post["uuid"]);
    }
    // A reply to the reply is on no other page than its own thread, but it is counted on those of the reply.
    alice.reply(&reply, "deeper").await;
    let counts = thread.expect().await;
    assert_eq!(
        (&*counts.name, &counts.data["uuid"]),
        ("counts", &reply["uuid"])
    );
    assert_eq!(page.expect().await.data["uuid"], reply["uuid"]);

    react(&alice, &other, "repost").await;
    let repost = page.expect().await;
    assert_eq!(
        (&*repost.name, &repost.data["uuid"]),
        ("activity", &other["uuid"])
    );
    assert!(repost.data["reposted_at"].is_string());

    // What replied to it is gone with it.
    delete(&alice, &post).await;
    let gone = ("deleted".to_owned(), id(&post).to_owned());
    assert_eq!(named(page.take(1).await.remove(0)), gone);
    let told = thread.take(2).await.into_iter().map(named);
    assert!(told.collect::<Vec<_>>().contains(&gone));
}

#[tokio::test]
async fn a_long_thread_that_is_deleted_leaves_the_pages_at_once() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("long").await;
    app.database
        .execute(&format!(
            "insert into activities (user_uuid, message, reply_to_activity_uuid, expires_at)
             select user_uuid, 'reply', uuid, expires_at
             from activities cross join generate_series(1, 999)
             where uuid = '{0}';
             insert into activities (user_uuid, message, reply_to_activity_uuid, expires_at)
             select user_uuid, 'reply', uuid, expires_at
             from activities cross join generate_series(1, 999)
             where uuid = '{0}'",
            id(&post)
        ))
        .await;
    let mut home = LiveStream::open(&app, "topics=home").await;
    delete(&alice, &post).await;
    assert_eq!(
        named(home.take(1).await.remove(0)),
        ("deleted".to_owned(), id(&post).to_owned())
    );
}

#[tokio::test]
async fn another_display_name_is_told_to_every_page_that_shows_the_user() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("by alice").await;
    let thread = format!("topics=activity:{}", id(&post));
    let mut streams = Vec::new();
    for topics in ["topics=home", "topics=@alice", &thread] {
        streams.push(LiveStream::open(&app, topics).await);
    }
    let body = json!({ "display_name": "Alice in Chains", "bio": "" });
    alice.post("/api/profile/update", &body).await.ok();
    let profile = json!({ "handle": "alice", "display_name": "Alice in Chains" });
    for mut stream in streams {
        assert_eq!(
            stream.take(1).await,
            [("profile".to_owned(), profile.clone())]
        );
    }
}

#[tokio::test]
async fn the_counts_of_a_hot_activity_are_told_at_most_four_times_a_second_and_the_last_ones_always()
 {
    let app = TestApp::start().await;
    let post = app.user("alice").await.create_activity("hot").await;
    app.database
        .execute(
            "insert into users (cognito_user_id, handle, display_name)
             select 'sub-fan' || n, 'fan' || n, 'Fan' from generate_series(1, 200) as n",
        )
        .await;
    let mut home = LiveStream::open(&app, "topics=home").await;
    let began = std::time::Instant::now();
    for fan in 1..=200 {
        app.database
            .execute(&format!(
                "insert into reactions (user_uuid, activity_uuid, kind)
                 select uuid, '{}', 'like' from users where handle = 'fan{fan}'",
                id(&post)
            ))
            .await;
    }
    let mut events = 0;
    loop {
        let counts = home.expect().await;
        assert_eq!(counts.name, "counts");
        events += 1;
        if counts.data["likes_count"] == 200 {
            break;
        }
    }
    let most = began.elapsed().as_millis() / 250 + 2;
    assert!(events <= most, "{events} events, {most} at most");
}

#[tokio::test]
async fn what_cannot_be_told_makes_every_stream_load_again_and_go_on() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let mut home = LiveStream::open(&app, "topics=home").await;
    app.database.execute("truncate activities cascade").await;
    assert_eq!(home.take(1).await, [("resync".to_owned(), json!({}))]);
    let post = alice.create_activity("after").await;
    assert_eq!(home.take(1).await, [("activity".to_owned(), post)]);
}

#[tokio::test]
async fn the_response_passes_proxies_uncompressed_and_without_a_buffer() {
    let app = TestApp::start().await;
    let request = app
        .request(reqwest::Method::GET, "/api/live?topics=home")
        .header("accept-encoding", "gzip, br, zstd");
    let stream = LiveStream::of(request).await;
    let header = |name: &str| {
        stream
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap())
    };
    assert_eq!(header("content-type"), Some("text/event-stream"));
    assert_eq!(header("x-accel-buffering"), Some("no"));
    assert_eq!(header("content-encoding").unwrap_or("identity"), "identity");
    let kept = header("cache-control").unwrap();
    assert!(["no-store", "no-cache"].contains(&kept), "{kept}");
    assert!((1_000..5_000).contains(&stream.retry.unwrap()));
}

#[tokio::test]
async fn a_quiet_stream_gets_a_comment_and_a_newer_cursor() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let request = alice.request(reqwest::Method::GET, "/api/live?topics=notifications");
    let mut stream = LiveStream::of(request).await;
    let first = stream.id.clone();
    alice.create_activity("no notice").await;
    // Fails if no block arrives in a minute.
    stream.wait_for_id_other_than(&first).await;
}

#[tokio::test]
async fn at_sigterm_a_stream_ends_and_the_client_goes_on_at_another_server() {
    let app = TestApp::start_with(&[("SHUTDOWN_DELAY", "60")]).await;
    let other = TestApp::start_second(&app, &[]).await;
    let alice = other.user("alice").await;
    let mut home = LiveStream::open(&app, "topics=home").await;
    let first = alice.create_activity("first").await;
    assert_eq!(home.expect().await.data, first);
    app.terminate();
    assert_eq!(home.next().await, None);
    let second = alice.create_activity("second").await;
    // A client that comes back here is sent away at once.
    eventually(async || app.get("/readyz").await.body["status"] == "stopping").await;
    let mut refused = LiveStream::open(&app, "topics=home").await;
    assert_eq!(refused.next().await, None);
    let again = format!("topics=home&after={}", home.id);
    let mut home = LiveStream::open(&other, &again).await;
    assert_eq!(home.expect().await.data, second);
    app.terminate();
    assert!(app.wait_for_exit().success());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_expiry_is_told_by_the_clock_of_the_database_and_not_by_that_of_the_server() {
    let app = TestApp::start().await;
    let fast = start_with_fast_clock(&app.database).await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("for half an hour").await;
    let in_half_an_hour = format!(
        "update activities set expires_at = now() + interval '30 minutes' where uuid = '{}'",
        id(&post)
    );
    app.database.execute(&in_half_an_hour).await;
    let page = fast.get("/api/activities/home").await;
    let cursor = page.header("live-cursor").unwrap().to_owned();
    assert_eq!(page.ok()[0]["uuid"], post["uuid"]);
    let mut home = LiveStream::open(&fast, &format!("topics=home&after={cursor}")).await;
    let second = alice.create_activity("second").await;
    assert_eq!(home.expect().await.data, second);
    expire(&app, &post).await;
    let gone = ("expired".to_owned(), json!({ "uuid": id(&post) }));
    assert_eq!(home.take(1).await, [gone]);
}

#[tokio::test]
async fn a_stream_survives_the_loss_of_its_database_connections() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let mut home = LiveStream::open(&app, "topics=home").await;
    for message in ["first", "second", "third"] {
        let cut = "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()";
        app.database.execute(cut).await;
        eventually(async || app.get("/readyz").await.status == 200).await;
        app.database
            .execute(&format!(
                "insert into activities (user_uuid, message, expires_at)
                 select uuid, '{message}', now() + interval '1 hour' from users where handle = '{}'",
                alice.handle
            ))
            .await;
        assert_eq!(home.expect().await.data["message"], message);
    }
}
