//! Notices: what other users' replies, mentions, likes and reposts tell a user, and which of them are unread.

use futures_util::future::join_all;
use reqwest::Method;
use reqwest::header::IF_NONE_MATCH;
use serde_json::{Value, json};

use crate::support::{Answer, Database, TestApp, User, cruddur, id};

const NOTICES: &str = "/api/notifications";
const UNREAD: &str = "/api/notifications/unread";
const READ: &str = "/api/notifications/read";

/// The notices of the user: kind, the actor's handle, and the activity's message.
async fn notices(user: &User<'_>) -> Vec<(String, String, String)> {
    let list = user.get(NOTICES).await.ok();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let notice = |notice: &Value| {
        (
            text(&notice["kind"]),
            text(&notice["actor"]["handle"]),
            text(&notice["activity"]["message"]),
        )
    };
    list.as_array().unwrap().iter().map(notice).collect()
}

fn notice(kind: &str, actor: &str, message: &str) -> (String, String, String) {
    (kind.to_owned(), actor.to_owned(), message.to_owned())
}

async fn unread(user: &User<'_>) -> i64 {
    user.get(UNREAD).await.ok()["count"].as_i64().unwrap()
}

/// Marks the notices of the user up to this one as read, and returns how many are left.
async fn mark(user: &User<'_>, up_to: &Value) -> i64 {
    let answer = user.post(READ, &json!({ "up_to": up_to["uuid"] })).await;
    answer.ok()["count"].as_i64().unwrap()
}

/// The statement with which a user likes or reposts an activity.
fn reaction(handle: &str, kind: &str, activity: &Value) -> String {
    format!(
        "insert into reactions (activity_uuid, kind, user_uuid)
         select '{}', '{kind}', uuid from users where handle = '{handle}'",
        id(activity)
    )
}

async fn react(user: &User<'_>, kind: &str, activity: &Value) {
    let statement = reaction(&user.handle, kind, activity);
    user.app.database.execute(&statement).await;
}

async fn undo(user: &User<'_>, kind: &str, activity: &Value) {
    let statement = format!(
        "delete from reactions
         where activity_uuid = '{}' and kind = '{kind}'
             and user_uuid = (select uuid from users where handle = '{}')",
        id(activity),
        user.handle
    );
    user.app.database.execute(&statement).await;
}

/// Inserts users named `prefix` and a number, each of whom likes the activity, in one statement.
async fn insert_likes(app: &TestApp, prefix: &str, count: u32, activity: &Value) {
    let statement = format!(
        "with liker as (
             insert into users (cognito_user_id, handle, display_name)
             select 'sub-{prefix}' || n, '{prefix}' || n, 'Liker'
             from generate_series(1, {count}) as n
             returning uuid
         )
         insert into reactions (activity_uuid, kind, user_uuid)
         select '{}', 'like', uuid from liker",
        id(activity)
    );
    app.database.execute(&statement).await;
}

async fn count(app: &TestApp, table: &str) -> i64 {
    let statement = format!("select count(*) from {table}");
    app.database.count(&statement).await
}

async fn activity(app: &TestApp, activity: &Value) -> Value {
    let path = format!("/api/activities/{}", id(activity));
    app.get(&path).await.ok()
}

#[tokio::test]
async fn replies_mentions_likes_and_reposts_by_other_users_are_notices_the_latest_first() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("hello").await;
    let mention = bob.create_activity("who is @ALICE?").await;
    let reply = bob.reply(&post, "hello yourself").await;
    react(&bob, "like", &post).await;
    react(&bob, "repost", &post).await;

    let expected = [
        notice("repost", "bob", "hello"),
        notice("like", "bob", "hello"),
        notice("reply", "bob", "hello yourself"),
        notice("mention", "bob", "who is @ALICE?"),
    ];
    assert_eq!(notices(&alice).await, expected);
    assert_eq!(notices(&bob).await, []);

    let list = alice.get(NOTICES).await.ok();
    let user = app.get("/api/users/@bob/short").await.ok();
    let about = [&post, &post, &reply, &mention];
    for (notice, about) in list.as_array().unwrap().iter().zip(about) {
        let keys: Vec<&String> = notice.as_object().unwrap().keys().collect();
        let expected = ["activity", "actor", "created_at", "kind", "read", "uuid"];
        assert_eq!(keys, expected);
        assert_eq!(notice["actor"], user);
        assert_eq!(notice["activity"], activity(&app, about).await);
        assert_eq!(notice["read"], false);
        let time = notice["created_at"].as_str().unwrap();
        assert_eq!((time.len(), time.ends_with('Z')), (27, true), "{time}");
    }
    let liked = &list[0]["activity"];
    assert_eq!(
        (&liked["likes_count"], &liked["reposts_count"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(liked["replies"][0]["message"], "hello yourself");
    for path in [NOTICES, UNREAD] {
        app.get(path).await.refused(401, "generic_401");
    }
}

#[tokio::test]
async fn the_activity_of_a_notice_has_its_latest_three_replies() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("hello").await;
    for number in 1..=4 {
        alice.reply(&post, &format!("reply {number}")).await;
    }
    react(&bob, "like", &post).await;
    let list = alice.get(NOTICES).await.ok();
    let replies = list[0]["activity"]["replies"].as_array().unwrap();
    let replies: Vec<&Value> = replies.iter().map(|reply| &reply["message"]).collect();
    assert_eq!(replies, ["reply 2", "reply 3", "reply 4"]);
}

#[tokio::test]
async fn a_reply_that_mentions_the_author_whom_it_answers_is_one_notice() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let carol = app.user("carol").await;
    let post = alice.create_activity("hello").await;
    let text = "hello @alice, hello @carol, hello @Alice, hello @bob";
    bob.reply(&post, text).await;
    assert_eq!(notices(&alice).await, [notice("reply", "bob", text)]);
    assert_eq!(notices(&carol).await, [notice("mention", "bob", text)]);
    assert_eq!(notices(&bob).await, []);
}

#[tokio::test]
async fn nothing_that_users_do_themselves_is_a_notice_to_them() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("I am @alice").await;
    alice.reply(&post, "indeed, @alice").await;
    react(&alice, "like", &post).await;
    react(&alice, "repost", &post).await;
    assert_eq!(notices(&alice).await, []);
    assert_eq!(unread(&alice).await, 0);
    assert_eq!(count(&app, "notices").await, 0);
}

#[tokio::test]
async fn the_notice_of_a_like_or_repost_is_gone_when_it_is_undone() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let carol = app.user("carol").await;
    let (first, second) = (
        alice.create_activity("first").await,
        alice.create_activity("second").await,
    );
    for post in [&first, &second] {
        react(&bob, "like", post).await;
    }
    react(&bob, "repost", &second).await;
    react(&carol, "like", &second).await;
    undo(&bob, "like", &second).await;
    let kept = [
        notice("like", "carol", "second"),
        notice("repost", "bob", "second"),
        notice("like", "bob", "first"),
    ];
    assert_eq!(notices(&alice).await, kept);
    assert_eq!(unread(&alice).await, 3);
    undo(&bob, "repost", &second).await;
    react(&bob, "like", &second).await;
    let again = [
        notice("like", "bob", "second"),
        notice("like", "carol", "second"),
        notice("like", "bob", "first"),
    ];
    assert_eq!(notices(&alice).await, again);
    assert_eq!(count(&app, "notices").await, 3);
}

#[tokio::test]
async fn a_notice_is_gone_with_its_activity_and_the_purge_deletes_its_row() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let kept = alice.create_activity("kept").await;
    react(&bob, "like", &kept).await;
    let post = alice.create_activity("deleted").await;
    react(&bob, "like", &post).await;
    let reply = bob.reply(&post, "@alice, look").await;
    alice.reply(&reply, "I see, @bob").await;
    assert_eq!(unread(&alice).await, 3);
    assert_eq!(
        notices(&bob).await,
        [notice("reply", "alice", "I see, @bob")]
    );

    let path = format!("/api/activities/{}", id(&post));
    alice.delete(&path).await.ok();
    assert_eq!(notices(&alice).await, [notice("like", "bob", "kept")]);
    assert_eq!(unread(&alice).await, 1);
    assert_eq!((notices(&bob).await, unread(&bob).await), (vec![], 0));
    for (table, rows) in [("notices", 1), ("notice_deletions", 0)] {
        let statement = format!("select count(*) from {table}");
        app.database.wait_for_count(&statement, rows).await;
    }
}

#[tokio::test]
async fn the_notices_of_a_thread_that_is_marked_as_deleted_are_gone_at_once() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("a post").await;
    let reply = bob.reply(&post, "a reply").await;
    let below = alice.reply(&reply, "a reply to the reply").await;
    bob.reply(&below, "the last reply").await;
    let mut locker = app.database.connect().await;
    let locking = locker.transaction().await.unwrap();
    let lock = format!(
        "select from activities where uuid = '{}' for update",
        id(&below)
    );
    locking.query_one(&lock, &[]).await.unwrap();

    alice
        .delete(&format!("/api/activities/{}", id(&post)))
        .await
        .ok();
    for user in [&alice, &bob] {
        assert_eq!((notices(user).await, unread(user).await), (vec![], 0));
    }
    locking.rollback().await.unwrap();
    app.database
        .wait_for_count("select count(*) from notices", 0)
        .await;
}

#[tokio::test]
async fn an_activity_with_2_500_notices_can_be_deleted_and_the_purge_deletes_them_all() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let (hot, other) = (
        alice.create_activity("hot").await,
        alice.create_activity("other").await,
    );
    insert_likes(&app, "fan", 2_500, &hot).await;
    react(&bob, "like", &other).await;
    assert_eq!(count(&app, "notices").await, 2_501);
    alice
        .delete(&format!("/api/activities/{}", id(&hot)))
        .await
        .ok();
    assert_eq!(notices(&alice).await, [notice("like", "bob", "other")]);
    assert_eq!(unread(&alice).await, 1);
    for (table, rows) in [("notices", 1), ("notice_deletions", 0)] {
        let statement = format!("select count(*) from {table}");
        app.database.wait_for_count(&statement, rows).await;
    }
}

#[tokio::test]
async fn expired_activities_have_no_notices_and_the_purge_deletes_their_rows() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("a post").await;
    react(&bob, "repost", &post).await;
    bob.reply(&post, "a reply").await;
    bob.create_activity("news for @alice").await;
    assert_eq!(unread(&alice).await, 3);
    let expire = "update activities set expires_at = now() where message not like '%@alice%'";
    app.database.execute(expire).await;
    assert_eq!(
        notices(&alice).await,
        [notice("mention", "bob", "news for @alice")]
    );
    assert_eq!(unread(&alice).await, 1);
    app.database
        .wait_for_count("select count(*) from notices", 1)
        .await;
}

#[tokio::test]
async fn the_notices_by_a_suspended_user_are_hidden_until_the_suspension_ends() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let carol = app.user("carol").await;
    let post = alice.create_activity("a post").await;
    bob.reply(&post, "spam").await;
    for kind in ["like", "repost"] {
        react(&bob, kind, &post).await;
    }
    react(&carol, "like", &post).await;
    let all = notices(&alice).await;
    assert_eq!((all.len(), unread(&alice).await), (4, 4));
    app.database
        .execute(
            "insert into hidden_users (user_uuid, reason)
             select uuid, 'suspended' from users where handle = 'bob'",
        )
        .await;
    assert_eq!(notices(&alice).await, [notice("like", "carol", "a post")]);
    assert_eq!(unread(&alice).await, 1);
    app.database.execute("delete from hidden_users").await;
    assert_eq!((notices(&alice).await, unread(&alice).await), (all, 4));
}

#[tokio::test]
async fn the_notices_by_a_user_are_gone_with_the_user_and_so_are_those_of_the_user() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let carol = app.user("carol").await;
    let post = alice.create_activity("a post").await;
    bob.create_activity("@alice and @carol").await;
    react(&bob, "like", &post).await;
    react(&carol, "like", &post).await;
    mark(&carol, &carol.get(NOTICES).await.ok()[0]).await;
    app.database
        .execute("delete from users where handle = 'bob'")
        .await;
    assert_eq!(notices(&alice).await, [notice("like", "carol", "a post")]);
    assert_eq!(notices(&carol).await, []);
    app.database
        .wait_for_count("select count(*) from notices", 1)
        .await;
    app.database
        .execute("delete from users where handle in ('alice', 'carol')")
        .await;
    for table in ["notices", "read_marks"] {
        assert_eq!(count(&app, table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn the_pages_of_notices_hold_each_notice_once() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("a post").await;
    insert_likes(&app, "fan", 9, &post).await;
    // Several notices of one time, so that a cursor needs the uuid too.
    app.database
        .execute("update notices set created_at = date_trunc('day', created_at)")
        .await;
    let (mut uuids, mut sizes) = (Vec::new(), Vec::new());
    let mut next = Some(format!("{NOTICES}?limit=4"));
    while let Some(path) = next {
        let page = alice.get(&path).await;
        next = page.next();
        let page = page.ok();
        let page = page.as_array().unwrap();
        sizes.push(page.len());
        uuids.extend(page.iter().map(|notice| id(notice).to_owned()));
    }
    assert_eq!(sizes, [4, 4, 1]);
    assert!(uuids.windows(2).all(|pair| pair[0] > pair[1]), "{uuids:?}");
    alice
        .get(&format!("{NOTICES}?limit=101"))
        .await
        .refused(400, "malformed_query");
    alice
        .get(&format!("{NOTICES}?before=x"))
        .await
        .refused(400, "malformed_cursor");
}

#[tokio::test]
async fn a_page_that_may_read_no_more_hidden_notices_links_to_the_next_one() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("a post").await;
    react(&bob, "like", &post).await;
    insert_likes(&app, "spammer", 12_000, &post).await;
    app.database
        .execute(
            "insert into hidden_users (user_uuid, reason)
             select uuid, 'suspended' from users where handle like 'spammer%'",
        )
        .await;
    let (mut found, mut pages) = (Vec::new(), 0);
    let mut next = Some(NOTICES.to_owned());
    while let Some(path) = next {
        let page = alice.get(&path).await;
        next = page.next();
        found.extend(page.ok().as_array().unwrap().clone());
        pages += 1;
    }
    assert_eq!((found.len(), pages), (1, 3));
    assert_eq!(found[0]["actor"]["handle"], "bob");
}

#[tokio::test]
async fn a_list_of_notices_has_an_entity_tag_that_changes_when_they_are_read() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    bob.create_activity("hello @alice").await;
    for path in [NOTICES, UNREAD] {
        let tag = alice.get(path).await.header("etag").unwrap().to_owned();
        let status = async || {
            let request = alice.request(Method::GET, path).header(IF_NONE_MATCH, &tag);
            Answer::of(request).await.status
        };
        assert_eq!(status().await, 304, "{path}");
        app.database.execute("delete from read_marks").await;
        mark(&alice, &alice.get(NOTICES).await.ok()[0]).await;
        assert_eq!(status().await, 200, "{path}");
        app.database.execute("delete from read_marks").await;
    }
}

#[tokio::test]
async fn the_number_of_unread_notices_is_exact_up_to_1_000() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("a post").await;
    insert_likes(&app, "fan", 999, &post).await;
    assert_eq!(unread(&alice).await, 999);
    insert_likes(&app, "late", 1, &post).await;
    assert_eq!(unread(&alice).await, 1_000);
    insert_likes(&app, "later", 200, &post).await;
    assert_eq!(unread(&alice).await, 1_000);
    app.database
        .execute(
            "insert into hidden_users (user_uuid, reason)
             select uuid, 'suspended' from users where handle like 'later%' or handle = 'fan1'",
        )
        .await;
    assert_eq!(unread(&alice).await, 999);
}

#[tokio::test]
async fn marking_a_notice_marks_it_and_all_earlier_ones_and_only_moves_forward() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    for number in 1..=4 {
        bob.create_activity(&format!("{number} for @alice")).await;
    }
    let list = alice.get(NOTICES).await.ok();
    let read = async || {
        let list = alice.get(NOTICES).await.ok();
        let list = list.as_array().unwrap().iter();
        let read: Vec<bool> = list
            .map(|notice| notice["read"].as_bool().unwrap())
            .collect();
        read
    };
    assert_eq!((read().await, unread(&alice).await), (vec![false; 4], 4));
    assert_eq!(mark(&alice, &list[2]).await, 2);
    assert_eq!(read().await, [false, false, true, true]);
    assert_eq!(mark(&alice, &list[3]).await, 2, "an earlier notice");
    assert_eq!(read().await, [false, false, true, true]);
    assert_eq!(mark(&alice, &list[0]).await, 0);
    bob.create_activity("5 for @alice").await;
    assert_eq!(read().await, [false, true, true, true, true]);
    assert_eq!(unread(&alice).await, 1);
}

#[tokio::test]
async fn of_notices_with_one_time_the_mark_includes_those_listed_after_it() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("a post").await;
    insert_likes(&app, "fan", 5, &post).await;
    app.database
        .execute("update notices set created_at = now()")
        .await;
    let list = alice.get(NOTICES).await.ok();
    assert_eq!(mark(&alice, &list[2]).await, 2);
    let list = alice.get(NOTICES).await.ok();
    let read = list.as_array().unwrap().iter();
    let read: Vec<&Value> = read.map(|notice| &notice["read"]).collect();
    assert_eq!(read, [false, false, true, true, true]);
}

#[tokio::test]
async fn only_a_notice_of_the_user_can_be_marked() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    bob.create_activity("hello @alice").await;
    let list = alice.get(NOTICES).await.ok();
    let body = json!({ "up_to": list[0]["uuid"] });
    bob.post(READ, &body)
        .await
        .refused(404, "notification_not_found");
    let unknown = json!({ "up_to": "11111111-1111-4111-8111-111111111111" });
    alice
        .post(READ, &unknown)
        .await
        .refused(404, "notification_not_found");
    for body in [
        json!({}),
        json!({ "up_to": null }),
        json!({ "up_to": 7 }),
        json!({ "up_to": "" }),
        json!({ "up_to": "x" }),
        json!({ "up_to": "\0" }),
    ] {
        alice.post(READ, &body).await.refused(400, "malformed_uuid");
    }
    alice
        .post(READ, &json!([]))
        .await
        .refused(400, "malformed_json");
    app.post(READ, &body).await.refused(401, "generic_401");
    assert_eq!(unread(&alice).await, 1);
    assert_eq!(count(&app, "read_marks").await, 0);
}

#[tokio::test]
async fn two_servers_share_notices_and_read_marks() {
    let app = TestApp::start().await;
    let second = TestApp::start_second(&app, &[]).await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let alice_on_second = second.sign_in("alice").await;
    let post = alice.create_activity("a post").await;
    let bob_on_second = second.sign_in("bob").await;
    bob_on_second.reply(&post, "a reply").await;
    react(&bob, "like", &post).await;
    let list = alice.get(NOTICES).await.ok();
    assert_eq!(alice_on_second.get(NOTICES).await.ok(), list);
    assert_eq!(unread(&alice_on_second).await, 2);
    assert_eq!(mark(&alice_on_second, &list[1]).await, 1);
    assert_eq!(unread(&alice).await, 1);
    assert_eq!(alice.get(NOTICES).await.ok()[1]["read"], true);
}

#[tokio::test]
async fn a_write_that_is_repeated_under_its_key_causes_one_notice() {
    let app = TestApp::start().await;
    let second = TestApp::start_second(&app, &[]).await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let bob_on_second = second.sign_in("bob").await;
    let post = alice.create_activity("a post").await;
    let path = format!("/api/activities/{}/reply", id(&post));
    let replies = (0..32).map(|number| {
        let user = if number % 2 == 0 {
            &bob
        } else {
            &bob_on_second
        };
        let request = user.request(Method::POST, &path);
        let request = request.header("Idempotency-Key", "k");
        Answer::of(request.json(&json!({ "message": "hello @alice" })))
    });
    for answer in join_all(replies).await {
        if answer.status != 200 {
            answer.refused(409, "idempotency_key_in_flight");
        }
    }
    assert_eq!(
        notices(&alice).await,
        [notice("reply", "bob", "hello @alice")]
    );
    assert_eq!(count(&app, "notices").await, 1);
}

#[tokio::test]
async fn a_mark_that_is_repeated_under_its_key_gets_the_same_count() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    for number in 1..=3 {
        bob.create_activity(&format!("{number} for @alice")).await;
    }
    let list = alice.get(NOTICES).await.ok();
    let send = async |up_to: &Value| {
        let request = alice.request(Method::POST, READ);
        let request = request.header("Idempotency-Key", "k");
        Answer::of(request.json(&json!({ "up_to": up_to["uuid"] }))).await
    };
    assert_eq!(send(&list[1]).await.ok(), json!({ "count": 1 }));
    bob.create_activity("4 for @alice").await;
    assert_eq!(send(&list[1]).await.ok(), json!({ "count": 1 }));
    assert_eq!(unread(&alice).await, 2);
    send(&list[0]).await.refused(422, "idempotency_key_reused");
}

/// The statement time-out of a request would be reached if one of these writes waited for another.
#[tokio::test]
async fn likes_of_one_authors_activities_wait_for_no_other_write_of_the_authors_notices() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let carol = app.user("carol").await;
    let (first, second) = (
        alice.create_activity("first").await,
        alice.create_activity("second").await,
    );
    bob.create_activity("hello @alice").await;
    let list = alice.get(NOTICES).await.ok();
    let mut open = app.database.connect().await;
    let open = open.transaction().await.unwrap();
    open.batch_execute(&reaction("bob", "like", &first))
        .await
        .unwrap();
    let mark_read = format!(
        "insert into read_marks (user_uuid, created_at, notice_uuid)
         select user_uuid, created_at, uuid from notices where uuid = '{}'",
        id(&list[0])
    );
    open.batch_execute(&mark_read).await.unwrap();

    let statement = format!(
        "set statement_timeout = '2500ms'; {}",
        reaction("carol", "like", &second)
    );
    app.database.execute(&statement).await;
    carol.reply(&second, "and a reply").await;
    carol.create_activity("hello @alice").await;
    assert_eq!(notices(&alice).await.len(), 4);
    open.commit().await.unwrap();
    assert_eq!(notices(&alice).await.len(), 5);
}

#[tokio::test]
async fn the_notices_of_an_activity_are_in_the_order_in_which_its_likes_were_committed() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let carol = app.user("carol").await;
    let post = alice.create_activity("a post").await;
    let mut open = app.database.connect().await;
    let open = open.transaction().await.unwrap();
    open.batch_execute("select now()").await.unwrap();
    react(&carol, "like", &post).await;
    assert_eq!(mark(&alice, &alice.get(NOTICES).await.ok()[0]).await, 0);
    open.batch_execute(&reaction(&bob.handle, "like", &post))
        .await
        .unwrap();
    open.commit().await.unwrap();
    let expected = [
        notice("like", "bob", "a post"),
        notice("like", "carol", "a post"),
    ];
    assert_eq!(
        (notices(&alice).await, unread(&alice).await),
        (expected.into(), 1)
    );
}

#[tokio::test]
async fn sixty_four_likes_at_once_are_sixty_four_notices() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("a post").await;
    join_all((0..64).map(|number| {
        let handle = format!("fan{number}");
        let (app, post) = (&app, &post);
        async move {
            app.insert_user(&handle).await;
            app.database.execute(&reaction(&handle, "like", post)).await;
        }
    }))
    .await;
    assert_eq!(unread(&alice).await, 64);
    let list = alice.get(&format!("{NOTICES}?limit=100")).await.ok();
    assert_eq!(list.as_array().unwrap().len(), 64);
    assert_eq!(list[0]["activity"]["likes_count"], 64);
}

#[tokio::test]
async fn the_earlier_list_of_notifications_stays_as_it_was() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("a post").await;
    let reply = bob.reply(&post, "a reply").await;
    let mention = bob.create_activity("hello @alice").await;
    react(&bob, "like", &post).await;
    let list = alice.get("/api/activities/notifications").await.ok();
    assert_eq!(list, json!([mention, reply]));
}

/// The database has activities and notifications from before the migration that adds notices.
#[tokio::test]
async fn the_migration_carries_notifications_over_as_notices_with_their_kind() {
    let database = Database::empty().await;
    let migrate = |arguments: &[&str]| {
        let mut command = cruddur(&["db", "migrate"]);
        command
            .args(arguments)
            .env("CONNECTION_URL", database.url());
        assert!(command.output().unwrap().status.success());
    };
    migrate(&["--target", "14"]);
    database
        .execute(
            "insert into users (cognito_user_id, handle, display_name)
             values ('sub-alice', 'alice', 'Alice'), ('sub-bob', 'bob', 'Bob');
             insert into activities (user_uuid, message, created_at)
             select uuid, 'old news for @bob', now() - interval '1 hour' from users where handle = 'alice';
             insert into activities (user_uuid, message, reply_to_activity_uuid)
             select users.uuid, 'old answer, @alice', activities.uuid
             from users cross join activities where users.handle = 'bob'",
        )
        .await;
    migrate(&[]);
    let app = TestApp::launch(database, &[], &[]);
    app.wait_for_log("\"schema\":\"current\"");
    let (alice, bob) = (app.sign_in("alice").await, app.sign_in("bob").await);
    assert_eq!(
        notices(&alice).await,
        [notice("reply", "bob", "old answer, @alice")]
    );
    let list = bob.get(NOTICES).await.ok();
    assert_eq!(
        notices(&bob).await,
        [notice("mention", "alice", "old news for @bob")]
    );
    assert_eq!(list[0]["created_at"], list[0]["activity"]["created_at"]);
    assert_eq!((unread(&alice).await, unread(&bob).await), (1, 1));
    bob.create_activity("news for @alice").await;
    assert_eq!(unread(&alice).await, 2);
}
