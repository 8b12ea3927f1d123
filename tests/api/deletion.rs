//! Deleting activities: a thread of any size is gone at once, and the purge deletes its rows later.

use reqwest::Method;
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::support::{Answer, TestApp, User, eventually, id};

const POSTS: &str = "/api/activities";

fn path(uuid: &str) -> String {
    format!("{POSTS}/{uuid}")
}

/// Inserts `count` replies: `reply_to` is the SQL expression for the activity that reply n answers. The uuid of reply n
/// is md5('reply n').
async fn insert_replies(app: &TestApp, author: &str, count: u32, reply_to: &str) {
    let sql = format!(
        "insert into activities (uuid, user_uuid, message, reply_to_activity_uuid, expires_at, created_at)
         select md5('reply ' || n)::uuid, users.uuid, 'marmalade ' || n, {reply_to}, now() + interval '7 days',
             now() + n * interval '1 microsecond'
         from users, generate_series(1, {count}) as n
         where handle = '{author}';
         update activities
         set replies_count = counted.replies
         from (select reply_to_activity_uuid, count(*) as replies from activities group by 1) as counted
         where uuid = counted.reply_to_activity_uuid"
    );
    app.database.execute(&sql).await;
}

/// The uuid of a reply that [`insert_replies`] inserted.
async fn inserted(app: &TestApp, number: u32) -> String {
    let client = app.database.connect().await;
    let statement = format!("select md5('reply {number}')::uuid::text");
    client.query_one(&statement, &[]).await.unwrap().get(0)
}

async fn list(app: &TestApp, path: &str) -> Value {
    app.get(&format!("{POSTS}{path}")).await.ok()
}

/// Asserts that no route shows the activity to an anonymous client or lets `user` write to it.
async fn assert_gone(user: &User<'_>, uuid: &str) {
    let not_found = |answer: Answer| answer.refused(404, "activity_not_found");
    not_found(user.app.get(&path(uuid)).await);
    let status = format!("{POSTS}/@{}/status/{uuid}", user.handle);
    not_found(user.app.get(&status).await);
    let reply = json!({ "message": "too late" });
    not_found(user.post(&format!("{}/reply", path(uuid)), &reply).await);
    not_found(user.delete(&path(uuid)).await);
}

/// A transaction of another client that has locked the activity.
async fn lock<'a>(client: &'a mut Client, uuid: &str) -> tokio_postgres::Transaction<'a> {
    let transaction = client.transaction().await.unwrap();
    let statement = format!("select from activities where uuid = '{uuid}' for update");
    transaction.query_one(&statement, &[]).await.unwrap();
    transaction
}

#[tokio::test]
async fn the_author_of_a_thread_of_30_000_replies_can_delete_it() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let kept = alice.create_activity("kept").await;
    let post = alice.create_activity("many answer this").await;
    insert_replies(&app, "bob", 30_000, &format!("'{}'::uuid", id(&post))).await;
    // The planner then knows that one activity has nearly all replies.
    app.database.execute("analyze").await;
    let (first, last) = (inserted(&app, 1).await, inserted(&app, 30_000).await);
    assert_eq!(
        list(&app, "/search?term=marmalade")
            .await
            .as_array()
            .unwrap()
            .len(),
        100
    );

    let deleted = alice.delete(&path(id(&post))).await.ok();
    assert_eq!(deleted, json!({ "uuid": post["uuid"] }));
    assert_gone(&alice, id(&post)).await;
    for uuid in [&first, &last] {
        assert_gone(&bob, uuid).await;
    }
    assert_eq!(list(&app, "/home").await, json!([kept]));
    assert_eq!(list(&app, "/@alice").await, json!([kept]));
    assert_eq!(list(&app, "/search?term=marmalade").await, json!([]));
    assert_eq!(list(&app, "/search?term=many+answer").await, json!([]));
    let notifications = alice.get(&format!("{POSTS}/notifications")).await.ok();
    assert_eq!(notifications, json!([]));
    let profile = app.get("/api/users/@alice").await.ok();
    assert_eq!(profile["cruds_count"], 1);

    let rows = "select count(*) from activities";
    app.database.wait_for_count(rows, 1).await;
    assert_eq!(list(&app, "/home").await, json!([kept]));
}

#[tokio::test]
async fn deleting_a_reply_deletes_a_chain_of_30_000_replies_below_it() {
    let app = TestApp::start_operated().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("a story").await;
    let answer = bob.reply(&post, "and then?").await;
    let kept = bob.reply(&post, "kept").await;
    let parent = format!(
        "case n when 1 then '{}' else md5('reply ' || n - 1)::uuid end",
        id(&answer)
    );
    insert_replies(&app, "alice", 30_000, &parent).await;
    let (middle, last) = (inserted(&app, 15_000).await, inserted(&app, 30_000).await);
    app.get(&path(&last)).await.ok();

    app.admin()
        .delete(&format!("/admin/activities/{}", id(&answer)))
        .await
        .ok();
    let again = app
        .admin()
        .delete(&format!("/admin/activities/{}", id(&answer)))
        .await;
    again.problem(404, "activity_not_found");
    let below = app
        .admin()
        .delete(&format!("/admin/activities/{middle}"))
        .await;
    below.problem(404, "activity_not_found");
    assert_gone(&bob, id(&answer)).await;
    for uuid in [&middle, &last] {
        assert_gone(&alice, uuid).await;
    }
    let thread = app.get(&path(id(&post))).await.ok();
    assert_eq!(
        (&thread["replies_count"], &thread["replies"]),
        (&json!(1), &json!([kept]))
    );

    app.database
        .wait_for_count("select count(*) from activities", 2)
        .await;
    let thread = app.get(&path(id(&post))).await.ok();
    assert_eq!(
        (&thread["replies_count"], &thread["replies"]),
        (&json!(1), &json!([kept]))
    );
}

#[tokio::test]
async fn a_thread_can_be_deleted_while_another_transaction_has_locked_a_reply() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("a post").await;
    let reply = alice.reply(&post, "a reply").await;
    let locked = alice.reply(&reply, "locked").await;
    let free = alice.reply(&reply, "free").await;
    let mut locker = app.database.connect().await;
    let locking = lock(&mut locker, id(&locked)).await;

    alice.delete(&path(id(&post))).await.ok();
    for activity in [&post, &reply, &locked, &free] {
        assert_gone(&alice, id(activity)).await;
    }
    let rows = "select count(*) from activities";
    app.database.wait_for_count(rows, 3).await;
    locking.rollback().await.unwrap();
    app.database.wait_for_count(rows, 0).await;
}

#[tokio::test]
async fn replies_to_other_activities_do_not_wait_for_a_locked_activity() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let (busy, free) = (
        alice.create_activity("busy").await,
        alice.create_activity("free").await,
    );
    let mut locker = app.database.connect().await;
    let locking = lock(&mut locker, id(&busy)).await;
    let reply = async |parent: &Value, number: u32| {
        let body = json!({ "message": format!("reply {number}") });
        let request = alice.request(Method::POST, &format!("{}/reply", path(id(parent))));
        Answer::of(request.json(&body)).await
    };

    // While the requests for the locked activity wait, they are in the same batches as the others.
    let waiting = futures_util::future::join_all((0..16).map(|number| reply(&busy, number)));
    let others = async {
        for wave in 0..4 {
            let replies = (0..16).map(|number| reply(&free, 16 * wave + number));
            for answer in futures_util::future::join_all(replies).await {
                answer.ok();
            }
        }
        locking.rollback().await.unwrap();
    };
    let (answers, ()) = tokio::join!(waiting, others);
    for answer in answers {
        answer.ok();
    }
    for (parent, count) in [(&busy, 16), (&free, 64)] {
        let thread = app.get(&path(id(parent))).await.ok();
        assert_eq!(thread["replies_count"], count);
    }
}

#[tokio::test]
async fn a_reply_to_an_activity_that_stays_locked_is_refused_with_503_and_stores_nothing() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("locked").await;
    let mut locker = app.database.connect().await;
    let locking = lock(&mut locker, id(&post)).await;
    let refused = alice
        .post(
            &format!("{}/reply", path(id(&post))),
            &json!({ "message": "hello" }),
        )
        .await;
    assert_eq!(refused.status, 503, "{}", refused.body);
    locking.rollback().await.unwrap();
    assert_eq!(app.get(&path(id(&post))).await.ok()["replies_count"], 0);
    alice.reply(&post, "now").await;
}

#[tokio::test]
async fn the_purge_deletes_a_chain_of_expired_replies() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("an old story").await;
    let parent = format!(
        "case n when 1 then '{}' else md5('reply ' || n - 1)::uuid end",
        id(&post)
    );
    insert_replies(&app, "alice", 2_500, &parent).await;
    app.database
        .execute("update activities set expires_at = now() - interval '1 second'")
        .await;
    eventually(async || app.database.count("select count(*) from activities").await == 0).await;
}
