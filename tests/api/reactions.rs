//! Likes and reposts: a user has made one or has not, and the counts of an activity are the numbers of its reactions.

mod deletion;
mod lists;
mod reposts;
mod together;
mod viewer;

use serde_json::{Value, json};

use crate::support::{Answer, TestApp, id};

const POSTS: &str = "/api/activities";
const UNKNOWN_UUID: &str = "11111111-1111-4111-8111-111111111111";

/// The path of the like or the repost of an activity.
fn reaction(activity: &Value, kind: &str) -> String {
    format!("{POSTS}/{}/{kind}", id(activity))
}

/// The counts of likes and reposts of an activity.
fn counts(activity: &Value) -> [i64; 2] {
    ["likes_count", "reposts_count"].map(|key| activity[key].as_i64().unwrap())
}

/// The activity as its own page shows it.
async fn shown(app: &TestApp, activity: &Value) -> Value {
    app.get(&format!("{POSTS}/{}", id(activity))).await.ok()
}

/// The number of activities whose counts differ from the number of their reactions.
async fn wrong_counts(app: &TestApp) -> i64 {
    let statement = "
        select count(*)
        from activities
        where likes_count <> (
                select count(*) from reactions where activity_uuid = activities.uuid and kind = 'like'
            )
            or reposts_count <> (
                select count(*) from reactions where activity_uuid = activities.uuid and kind = 'repost'
            )";
    app.database.count(statement).await
}

/// Inserts `count` users and a like of each to the activity, the like of user n being n seconds old.
async fn insert_likes(app: &TestApp, activity: &Value, count: u32) {
    let statement = format!(
        "insert into users (cognito_user_id, handle, display_name)
         select 'fan-' || n, 'fan_' || n, 'Fan' from generate_series(1, {count}) as n;
         insert into reactions (user_uuid, activity_uuid, kind, created_at)
         select uuid, '{}', 'like', now() - substr(handle, 5)::integer * interval '1 second'
         from users where handle like 'fan\\_%'",
        id(activity)
    );
    app.database.execute(&statement).await;
}

#[tokio::test]
async fn a_user_likes_and_reposts_an_activity_once_however_often_the_request_is_sent() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("hello").await;
    for kind in ["like", "repost"] {
        let path = reaction(&post, kind);
        for _ in 0..2 {
            bob.put(&path).await.ok();
        }
        alice.put(&path).await.ok();
        assert_eq!(counts(&shown(&app, &post).await).iter().max(), Some(&2));
    }
    assert_eq!(counts(&shown(&app, &post).await), [2, 2]);
    for _ in 0..2 {
        bob.delete(&reaction(&post, "like")).await.ok();
        assert_eq!(counts(&shown(&app, &post).await), [1, 2]);
    }
    alice.delete(&reaction(&post, "repost")).await.ok();
    assert_eq!(counts(&shown(&app, &post).await), [1, 1]);
    assert_eq!(wrong_counts(&app).await, 0);
}

#[tokio::test]
async fn the_response_is_the_activity_with_its_new_counts_and_its_latest_three_replies() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("hello").await;
    let mut replies = Vec::new();
    for number in 0..4 {
        replies.push(bob.reply(&post, &format!("reply {number}")).await);
    }
    let liked = bob.put(&reaction(&post, "like")).await.ok();
    let home = app.get("/api/activities/home").await.ok();
    assert_eq!(json!([liked]), home);
    assert_eq!(liked["replies"], json!(replies[1..]));
    assert_eq!(counts(&liked), [1, 0]);

    let reply = alice.put(&reaction(&replies[3], "repost")).await.ok();
    assert_eq!(counts(&reply), [0, 1]);
    assert_eq!(reply, shown(&app, &replies[3]).await);
    let undone = bob.delete(&reaction(&post, "like")).await.ok();
    assert_eq!(counts(&undone), [0, 0]);
    assert_eq!(undone["replies"][2], reply);
}

#[tokio::test]
async fn a_reaction_needs_a_user_and_an_activity_that_is_there() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let ghost = app.user("ghost").await;
    let post = alice.create_activity("hello").await;
    let expired = alice.create_activity("expired").await;
    let deleted = alice.create_activity("deleted").await;
    let reply = alice.reply(&deleted, "gone with it").await;
    let hidden = bob.create_activity("hidden").await;
    alice
        .delete(&format!("{POSTS}/{}", id(&deleted)))
        .await
        .ok();
    let statement = "
        delete from users where handle = 'ghost';
        update activities set expires_at = now() where message = 'expired';
        insert into hidden_users (user_uuid, reason) select uuid, 'suspended' from users where handle = 'bob'";
    app.database.execute(statement).await;

    let unknown = json!({ "uuid": UNKNOWN_UUID });
    for kind in ["like", "repost"] {
        for activity in [&expired, &deleted, &reply, &hidden, &unknown] {
            let path = reaction(activity, kind);
            alice.put(&path).await.refused(404, "activity_not_found");
            alice.delete(&path).await.refused(404, "activity_not_found");
        }
        let path = reaction(&post, kind);
        let anonymous = Answer::of(app.request(reqwest::Method::PUT, &path)).await;
        anonymous.refused(401, "generic_401");
        let anonymous = Answer::of(app.request(reqwest::Method::DELETE, &path)).await;
        anonymous.refused(401, "generic_401");
        ghost.put(&path).await.refused(403, "cognito_user_id_blank");
        ghost
            .delete(&path)
            .await
            .refused(403, "cognito_user_id_blank");
        let malformed = format!("{POSTS}/1/{kind}");
        alice.put(&malformed).await.refused(400, "malformed_uuid");
        let key = alice.request(reqwest::Method::PUT, &path);
        let key = Answer::of(key.header("Idempotency-Key", "a b")).await;
        key.refused(400, "malformed_idempotency_key");
        let posted = alice.post(&path, &json!({})).await;
        posted.refused(405, "method_not_allowed");
        assert_eq!(posted.header("allow"), Some("PUT, DELETE"));
    }
    let rows = app.database.count("select count(*) from reactions").await;
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn a_repeated_request_with_an_idempotency_key_gets_the_first_response_and_changes_nothing() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("hello").await;
    let path = reaction(&post, "like");
    let put = async || {
        let request = bob.request(reqwest::Method::PUT, &path);
        let answer = Answer::of(request.header("Idempotency-Key", "one")).await;
        answer.ok()
    };
    let first = put().await;
    assert_eq!(counts(&first), [1, 0]);
    bob.delete(&path).await.ok();
    assert_eq!(put().await, first);
    assert_eq!(counts(&shown(&app, &post).await), [0, 0]);
    alice.delete(&format!("{POSTS}/{}", id(&post))).await.ok();
    assert_eq!(put().await, first);
}

#[tokio::test]
async fn the_reactions_of_a_deleted_user_no_longer_count() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let posts = [
        alice.create_activity("one").await,
        alice.create_activity("two").await,
    ];
    let own = bob.create_activity("by bob").await;
    for post in posts.iter().chain([&own]) {
        for user in [&alice, &bob] {
            user.put(&reaction(post, "like")).await.ok();
        }
        bob.put(&reaction(post, "repost")).await.ok();
    }
    app.database
        .execute("delete from users where handle = 'bob'")
        .await;
    for post in &posts {
        assert_eq!(counts(&shown(&app, post).await), [1, 0]);
    }
    let rows = app.database.count("select count(*) from reactions").await;
    assert_eq!((rows, wrong_counts(&app).await), (2, 0));
}

#[tokio::test]
async fn statements_by_hand_keep_the_counts_too() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let (one, two) = (
        alice.create_activity("one").await,
        alice.create_activity("two").await,
    );
    insert_likes(&app, &one, 9).await;
    assert_eq!(counts(&shown(&app, &one).await), [9, 0]);
    let statements = [
        (
            "update reactions set kind = 'repost' where user_uuid in (select uuid from users order by handle limit 4)",
            [6, 3],
            [0, 0],
        ),
        (
            "update reactions set activity_uuid = (select uuid from activities where message = 'two') where kind = 'like'",
            [0, 3],
            [6, 0],
        ),
        (
            "delete from reactions where user_uuid in (select uuid from users order by handle limit 6)",
            [0, 0],
            [4, 0],
        ),
        ("truncate reactions", [0, 0], [0, 0]),
    ];
    for (statement, of_one, of_two) in statements {
        app.database.execute(statement).await;
        let of_both = [&one, &two].map(async |post| counts(&shown(&app, post).await));
        let [first, second] = of_both;
        assert_eq!([first.await, second.await], [of_one, of_two], "{statement}");
        assert_eq!(wrong_counts(&app).await, 0, "{statement}");
    }
}
