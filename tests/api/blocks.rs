//! Blocks: a user blocks another one, who then cannot reply to the user, send the user a message or notify the user.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Issuer, TestApp, User, id};

async fn block(user: &User<'_>, handle: &str) -> Answer {
    let path = format!("/api/users/@{handle}/block");
    Answer::of(user.request(Method::PUT, &path)).await
}

async fn unblock(user: &User<'_>, handle: &str) -> Answer {
    user.delete(&format!("/api/users/@{handle}/block")).await
}

async fn reply(user: &User<'_>, parent: &Value) -> Answer {
    let path = format!("/api/activities/{}/reply", id(parent));
    user.post(&path, &json!({ "message": "a reply" })).await
}

async fn message(user: &User<'_>, handle: &str) -> Answer {
    let body = json!({ "message": "psst", "user_receiver_handle": handle });
    user.post("/api/messages", &body).await
}

async fn notified(user: &User<'_>) -> Vec<String> {
    let list = user.get("/api/activities/notifications").await.ok();
    let message = |activity: &Value| activity["message"].as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(message).collect()
}

#[tokio::test]
async fn a_blocked_user_cannot_reply_to_the_blocker_or_send_a_message_until_unblocked() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("hello").await;
    let group = message(&alice, "bob").await.ok()["message_group_uuid"].clone();
    let to_group = json!({ "message": "psst", "message_group_uuid": group });

    let blocked = block(&alice, "BOB").await.ok();
    assert_eq!(blocked, json!({ "handle": "bob", "blocked": true }));
    reply(&bob, &post).await.refused(403, "blocked");
    message(&bob, "alice").await.refused(403, "blocked");
    let answer = bob.post("/api/messages", &to_group).await;
    answer.refused(403, "blocked");
    let shown = app.get(&format!("/api/activities/{}", id(&post))).await;
    assert_eq!(shown.ok()["replies_count"], 0);

    let unblocked = unblock(&alice, "bob").await.ok();
    assert_eq!(unblocked, json!({ "handle": "bob", "blocked": false }));
    reply(&bob, &post).await.ok();
    message(&bob, "alice").await.ok();
    bob.post("/api/messages", &to_group).await.ok();
}

#[tokio::test]
async fn a_blocked_user_cannot_send_the_blocker_a_first_message() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    block(&alice, "bob").await.ok();
    message(&bob, "alice").await.refused(403, "blocked");
    assert_eq!(bob.get("/api/message_groups").await.ok(), json!([]));
}

#[tokio::test]
async fn a_block_is_one_way_and_changes_nothing_between_other_users() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let carol = app.user("carol").await;
    let (by_alice, by_bob) = (
        alice.create_activity("by alice").await,
        bob.create_activity("by bob").await,
    );
    let by_carol = carol.reply(&by_alice, "by carol").await;
    block(&alice, "bob").await.ok();

    reply(&alice, &by_bob).await.ok();
    message(&alice, "bob").await.ok();
    reply(&carol, &by_alice).await.ok();
    reply(&bob, &by_carol).await.ok();
    message(&bob, "carol").await.ok();
    bob.create_activity("another one").await;
}

#[tokio::test]
async fn a_blocked_user_reads_everything_that_other_users_read() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("marmalade").await;
    message(&alice, "bob").await.ok();
    block(&alice, "bob").await.ok();
    for path in [
        "/api/activities/home".to_owned(),
        "/api/activities/@alice".to_owned(),
        "/api/activities/search?term=marmalade".to_owned(),
        format!("/api/activities/{}", id(&post)),
        "/api/users/@alice".to_owned(),
    ] {
        assert_eq!(bob.get(&path).await.ok(), app.get(&path).await.ok());
    }
    let messages = bob.get("/api/messages/@alice").await.ok();
    assert_eq!(messages.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_blocked_users_mention_of_the_blocker_is_stored_and_causes_no_notification() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let carol = app.user("carol").await;
    bob.create_activity("before, @alice").await;
    carol.create_activity("from carol, @alice").await;
    block(&alice, "bob").await.ok();
    bob.create_activity("during, @alice and @carol").await;
    let home = app.get("/api/activities/home").await.ok();
    assert_eq!(home[0]["message"], "during, @alice and @carol");
    assert_eq!(notified(&carol).await, ["during, @alice and @carol"]);
    assert_eq!(notified(&alice).await, ["from carol, @alice"]);

    unblock(&alice, "bob").await.ok();
    assert_eq!(
        notified(&alice).await,
        ["from carol, @alice", "before, @alice"]
    );
}

/// Bob mentioned alice 5,100 times before she blocked him, and carol mentioned her once before that.
#[tokio::test]
async fn a_page_of_notifications_is_short_instead_of_slow_behind_many_of_a_blocked_user() {
    let app = TestApp::start().await;
    let (alice, _bob) = (app.user("alice").await, app.user("bob").await);
    let carol = app.user("carol").await;
    carol.create_activity("from carol, @alice").await;
    app.database
        .execute(
            "insert into activities (user_uuid, message, created_at)
             select uuid, 'flood', now() + n * interval '1 microsecond'
             from users, generate_series(1, 5100) as n where handle = 'bob';
             insert into notifications (user_uuid, created_at, activity_uuid)
             select users.uuid, activities.created_at, activities.uuid
             from users, activities where handle = 'alice' and message = 'flood'",
        )
        .await;
    block(&alice, "bob").await.ok();
    let first = alice.get("/api/activities/notifications").await;
    let next = first.next().unwrap();
    assert_eq!(first.ok(), json!([]));
    let second = alice.get(&next).await;
    assert_eq!(second.next(), None);
    assert_eq!(second.ok()[0]["message"], "from carol, @alice");
}

#[tokio::test]
async fn blocking_and_unblocking_twice_is_the_same_as_once() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("hello").await;
    let shown = async || alice.get("/api/users/@bob/block").await.ok()["blocked"].clone();
    assert_eq!(shown().await, false);
    for _ in 0..2 {
        block(&alice, "bob").await.ok();
        assert_eq!(shown().await, true);
    }
    assert_eq!(app.database.count("select count(*) from blocks").await, 1);
    for _ in 0..2 {
        unblock(&alice, "bob").await.ok();
        assert_eq!(shown().await, false);
    }
    reply(&bob, &post).await.ok();
    let seen_by_bob = bob.get("/api/users/@alice/block").await.ok();
    assert_eq!(seen_by_bob, json!({ "handle": "alice", "blocked": false }));
}

#[tokio::test]
async fn a_repeated_block_with_the_same_idempotency_key_does_not_block_again() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("hello").await;
    let with_key = async |method: Method| {
        let request = alice.request(method, "/api/users/@bob/block");
        Answer::of(request.header("Idempotency-Key", "key")).await
    };
    let first = with_key(Method::PUT).await.ok();
    unblock(&alice, "bob").await.ok();
    assert_eq!(with_key(Method::PUT).await.ok(), first);
    reply(&bob, &post).await.ok();
    // Another method is another route with keys of its own.
    assert_eq!(with_key(Method::DELETE).await.ok()["blocked"], false);
}

#[tokio::test]
async fn a_block_needs_a_user_and_another_user_who_exists() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let path = "/api/users/@alice/block";
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let anonymous = Answer::of(app.request(method.clone(), path)).await;
        anonymous.refused(401, "generic_401");
        for handle in ["unknown", "a%00b", "%C3%A9"] {
            let request = alice.request(method.clone(), &format!("/api/users/@{handle}/block"));
            Answer::of(request).await.refused(404, "user_not_found");
        }
    }
    let own = block(&alice, "Alice").await;
    own.refused(422, "user_blocked_is_blocker");
    assert_eq!(unblock(&alice, "alice").await.ok()["blocked"], false);
}

#[tokio::test]
async fn a_refusal_names_the_body_first_then_the_missing_thing_and_then_the_block() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("hello").await;
    block(&alice, "bob").await.ok();
    let path = format!("/api/activities/{}/reply", id(&post));
    let blank = bob.post(&path, &json!({ "message": " " })).await;
    blank.refused(422, "message_blank");
    alice
        .delete(&format!("/api/activities/{}", id(&post)))
        .await
        .ok();
    reply(&bob, &post).await.refused(404, "activity_not_found");
    message(&bob, "unknown")
        .await
        .refused(404, "user_not_found");
    message(&bob, "bob")
        .await
        .refused(422, "user_receiver_is_sender");
}

#[tokio::test]
async fn a_user_can_block_10_000_others() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    app.insert_user("one_more").await;
    app.database
        .execute(
            "insert into users (cognito_user_id, handle, display_name)
             select 'blocked ' || n, 'blocked_' || n, 'B' from generate_series(1, 10000) as n;
             insert into blocks (blocker_uuid, blocked_uuid)
             select blocker.uuid, blocked.uuid from users as blocker, users as blocked
             where blocker.handle = 'alice' and blocked.handle like 'blocked%'",
        )
        .await;
    let one_more = block(&alice, "one_more").await;
    one_more.refused(422, "blocks_exceed_max_count");
    block(&alice, "blocked_7").await.ok();
    unblock(&alice, "blocked_7").await.ok();
    block(&alice, "one_more").await.ok();
}

#[tokio::test]
async fn a_block_provisions_a_user_of_the_pool_without_a_row() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    app.insert_user("bob").await;
    let ada = User {
        app: &app,
        handle: "ada".to_owned(),
        token: issuer.token("sub-ada"),
    };
    let attributes = [
        ("sub", "sub-ada"),
        ("preferred_username", "ada"),
        ("name", "Ada"),
    ];
    issuer.set_user_attributes(&ada.token, &attributes).await;
    let unknown = ada.get("/api/users/@bob/block").await.ok();
    assert_eq!(unknown["blocked"], false);
    assert_eq!(block(&ada, "bob").await.ok()["blocked"], true);
    assert_eq!(ada.get("/api/users/@bob/block").await.ok()["blocked"], true);
}

#[tokio::test]
async fn of_replies_that_are_sent_together_only_the_blocked_users_are_refused() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let carol = app.user("carol").await;
    let post = alice.create_activity("hello").await;
    let other = carol.create_activity("hello").await;
    block(&alice, "bob").await.ok();
    let answers = join_all((0..60).map(async |number| match number % 3 {
        0 => reply(&bob, &post).await.refused(403, "blocked"),
        1 => drop(reply(&bob, &other).await.ok()),
        _ => drop(reply(&carol, &post).await.ok()),
    }));
    answers.await;
    for (activity, author) in [(&post, "carol"), (&other, "bob")] {
        let thread = app.get(&format!("/api/activities/{}", id(activity))).await;
        let thread = thread.ok();
        assert_eq!(thread["replies_count"], 20);
        let replies = thread["replies"].as_array().unwrap();
        assert!(replies.iter().all(|reply| reply["handle"] == author));
    }
}

/// Bob replies to alice on both servers without a pause, while she blocks him on the first one.
#[tokio::test]
async fn once_a_block_is_answered_no_reply_of_the_blocked_user_is_stored_on_any_server() {
    let first = TestApp::start().await;
    let second = TestApp::start_second(&first, &[]).await;
    let alice = first.user("alice").await;
    let (bob, bob_on_second) = (first.user("bob").await, second.sign_in("bob").await);
    let post = alice.create_activity("hello").await;
    let is_answered = std::cell::Cell::new(false);
    let send = async |user: &User<'_>| {
        let mut stored = 0;
        loop {
            let was_answered = is_answered.get();
            let answer = reply(user, &post).await;
            match answer.status {
                200 if !was_answered => stored += 1,
                _ => {
                    answer.refused(403, "blocked");
                    if was_answered {
                        return stored;
                    }
                }
            }
        }
    };
    let block_later = async || {
        let sql = "select count(*) from activities where message = 'a reply'";
        crate::support::eventually(async || first.database.count(sql).await >= 20).await;
        block(&alice, "bob").await.ok();
        is_answered.set(true);
    };
    let (stored, ()) = tokio::join!(
        join_all([
            send(&bob),
            send(&bob_on_second),
            send(&bob),
            send(&bob_on_second)
        ]),
        block_later()
    );
    let stored: i64 = stored.iter().sum();
    let shown = second.get(&format!("/api/activities/{}", id(&post))).await;
    assert_eq!(shown.ok()["replies_count"], stored);
}
