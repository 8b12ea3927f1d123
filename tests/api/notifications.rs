//! Notifications: replies to a user's activities and mentions of the user.

use serde_json::Value;

use crate::support::{Database, TestApp, User, cruddur, id};

async fn notified(user: &User<'_>) -> Vec<String> {
    let list = user.get("/api/activities/notifications").await.ok();
    let message = |activity: &Value| activity["message"].as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(message).collect()
}

#[tokio::test]
async fn notifications_list_replies_and_mentions_by_other_users_newest_first() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("I am @alice").await;
    bob.create_activity("who is @ALICE?").await;
    let reply = bob.reply(&post, "hello, @alice").await;
    alice.reply(&post, "my own reply").await;
    alice.reply(&reply, "a reply to bob").await;
    bob.create_activity("no mention").await;

    assert_eq!(notified(&alice).await, ["hello, @alice", "who is @ALICE?"]);
    assert_eq!(notified(&bob).await, ["a reply to bob"]);

    let list = alice.get("/api/activities/notifications").await.ok();
    assert_eq!(list[0]["reply_to_activity_uuid"], post["uuid"]);
    assert_eq!(list[0]["replies"][0]["message"], "a reply to bob");
    app.get("/api/activities/notifications")
        .await
        .refused(401, "generic_401");
}

#[tokio::test]
async fn a_mention_is_an_at_sign_and_a_handle_at_the_start_of_a_word() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    for (message, mentions) in [
        ("@bob", true),
        ("(@bob)", true),
        ("ask @bob, @bob or @Bob", true),
        ("@@bob", true),
        ("“@bob” said", true),
        ("cake 🎂@bob", true),
        ("、@bob", true),
        ("a@bob.com", false),
        ("é@bob", false),
        ("林@bob", false),
        ("_@bob 7@bob", false),
        ("@bobby @bob_ @bob7", false),
        ("bob", false),
        ("@ bob", false),
        ("@alice", false),
    ] {
        let post = alice.create_activity(message).await;
        let expected: &[&str] = if mentions { &[message] } else { &[] };
        assert_eq!(notified(&bob).await, expected, "{message}");
        alice
            .delete(&format!("/api/activities/{}", id(&post)))
            .await
            .ok();
        assert_eq!(notified(&bob).await, [""; 0], "deleted: {message}");
    }
}

#[tokio::test]
async fn expired_activities_cause_no_notification_and_deleting_them_deletes_their_rows() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = bob.create_activity("mine").await;
    alice.reply(&post, "@bob").await;
    assert_eq!(notified(&bob).await, ["@bob"]);
    app.database
        .execute("update activities set expires_at = now()")
        .await;
    assert_eq!(notified(&bob).await, [""; 0]);

    app.database.execute("delete from activities").await;
    let rows = "select count(*) from notifications";
    assert_eq!(app.database.count(rows).await, 0);
}

#[tokio::test]
async fn the_pages_of_notifications_hold_each_notification_once() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    for number in 1..=5 {
        alice.create_activity(&format!("{number} @bob")).await;
    }
    let mut messages = Vec::new();
    let mut next = Some("/api/activities/notifications?limit=2".to_owned());
    while let Some(path) = next {
        let page = bob.get(&path).await;
        next = page.next();
        let page = page.ok();
        let numbers = page.as_array().unwrap().iter();
        messages.extend(numbers.map(|one| one["message"].as_str().unwrap()[..1].to_owned()));
    }
    assert_eq!(messages, ["5", "4", "3", "2", "1"]);
}

/// The database has activities from before the migration that adds notifications.
#[tokio::test]
async fn the_migration_adds_notifications_and_words_for_existing_activities() {
    let database = Database::empty().await;
    let migrate = |arguments: &[&str]| {
        let mut command = cruddur(&["db", "migrate"]);
        command
            .args(arguments)
            .env("CONNECTION_URL", database.url());
        let output = command.output();
        assert!(output.unwrap().status.success());
    };
    migrate(&["--target", "5"]);
    database
        .execute(
            "insert into users (cognito_user_id, handle, display_name)
             values ('sub-alice', 'alice', 'Alice'), ('sub-bob', 'bob', 'Bob');
             insert into activities (user_uuid, message)
             select uuid, 'old news for @bob' from users where handle = 'alice';
             insert into activities (user_uuid, message, reply_to_activity_uuid)
             select users.uuid, 'old answer', activities.uuid
             from users cross join activities where users.handle = 'bob'",
        )
        .await;
    migrate(&[]);
    let app = TestApp::launch(database, &[], &[]);
    app.wait_for_log("\"schema\":\"current\"");
    let (alice, bob) = (app.sign_in("alice").await, app.sign_in("bob").await);
    assert_eq!(notified(&bob).await, ["old news for @bob"]);
    assert_eq!(notified(&alice).await, ["old answer"]);
    let found = app.get("/api/activities/search?term=answer").await.ok();
    assert_eq!(found[0]["message"], "old answer");
}
