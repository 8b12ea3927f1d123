//! Suspension: an operator suspends a user, who then cannot write and whose activities and profile are not shown.

use std::cell::Cell;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ADMIN_TOKEN, Answer, TestApp, User, eventually, id};

async fn suspend(app: &TestApp, handle: &str) -> Value {
    let path = format!("/admin/users/@{handle}/suspend");
    let request = app.admin().request(Method::PUT, &path);
    Answer::of(request).await.ok()
}

async fn reinstate(app: &TestApp, handle: &str) -> Value {
    let path = format!("/admin/users/@{handle}/suspend");
    app.admin().delete(&path).await.ok()
}

async fn create(user: &User<'_>) -> Answer {
    let body = json!({ "message": "hello", "ttl": "7-days" });
    user.post("/api/activities", &body).await
}

async fn messages_at(app: &TestApp, path: &str) -> Vec<String> {
    let list = app.get(path).await.ok();
    let message = |activity: &Value| activity["message"].as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(message).collect()
}

#[tokio::test]
async fn a_suspended_user_can_write_nothing_until_reinstated() {
    let app = TestApp::start_operated().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = bob.create_activity("by bob").await;
    let body = json!({ "message": "hi", "handle": "bob" });
    let group = alice.post("/api/messages", &body).await.ok()["message_group_uuid"].clone();
    let reply = format!("/api/activities/{}/reply", id(&post));
    let profile = json!({ "display_name": "A", "bio": "" });
    let writes = [
        (
            Method::POST,
            "/api/activities",
            json!({ "message": "m", "ttl": "1-day" }),
        ),
        (Method::POST, &reply, json!({ "message": "m" })),
        (
            Method::POST,
            "/api/messages",
            json!({ "message": "m", "handle": "bob" }),
        ),
        (
            Method::POST,
            "/api/messages",
            json!({ "message": "m", "message_group_uuid": group }),
        ),
        (Method::PUT, "/api/profile/update", profile.clone()),
        (Method::POST, "/api/profile/update", profile),
        (Method::PUT, "/api/users/@bob/block", json!({})),
    ];
    let write = async |(method, path, body): &(Method, &str, Value)| {
        Answer::of(alice.request(method.clone(), path).json(body)).await
    };
    suspend(&app, "alice").await;
    for sent in &writes {
        write(sent).await.refused(403, "suspended");
    }
    assert_eq!(
        bob.get("/api/messages/@alice")
            .await
            .ok()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        alice.get("/api/profile").await.ok()["display_name"],
        "Alice"
    );
    reinstate(&app, "alice").await;
    for sent in &writes {
        write(sent).await.ok();
    }
}

#[tokio::test]
async fn a_suspended_user_can_still_read_and_delete_own_activities_and_blocks() {
    let app = TestApp::start_operated().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("by alice").await;
    let by_bob = bob.create_activity("by bob").await;
    let reply = alice.reply(&by_bob, "a reply").await;
    Answer::of(alice.request(Method::PUT, "/api/users/@bob/block"))
        .await
        .ok();
    suspend(&app, "alice").await;

    let home = alice.get("/api/activities/home").await.ok();
    assert_eq!(home.as_array().unwrap().len(), 1);
    assert_eq!(alice.get("/api/profile").await.ok()["handle"], "alice");
    assert_eq!(
        alice.delete("/api/users/@bob/block").await.ok()["blocked"],
        false
    );
    for activity in [&post, &reply] {
        let path = format!("/api/activities/{}", id(activity));
        bob.delete(&path).await.refused(404, "activity_not_found");
        alice.delete(&path).await.ok();
        alice.delete(&path).await.refused(404, "activity_not_found");
    }
    let foreign = alice
        .delete(&format!("/api/activities/{}", id(&by_bob)))
        .await;
    foreign.refused(403, "generic_403");
    assert_eq!(
        app.database.count("select count(*) from activities").await,
        1
    );
    let shown = app
        .get(&format!("/api/activities/{}", id(&by_bob)))
        .await
        .ok();
    assert_eq!(shown["replies_count"], 0);
}

#[tokio::test]
async fn nothing_that_a_suspended_user_wrote_is_shown() {
    let app = TestApp::start_operated().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let by_bob = bob.create_activity("marmalade by bob").await;
    let by_alice = alice.create_activity("marmalade for @bob").await;
    let reply = alice.reply(&by_bob, "marmalade reply").await;
    bob.reply(&by_bob, "own reply").await;
    let paths = [
        "/api/activities/home".to_owned(),
        "/api/activities/search?term=marmalade".to_owned(),
        "/api/activities/search?term=@alice".to_owned(),
        "/api/activities/@bob".to_owned(),
        format!("/api/activities/{}", id(&by_bob)),
    ];
    let read = async || {
        let answers = join_all(paths.iter().map(async |path| app.get(path).await.ok()));
        let notified = bob.get("/api/activities/notifications").await.ok();
        [answers.await, vec![notified]].concat()
    };
    let before = read().await;
    suspend(&app, "alice").await;
    for answer in read().await {
        let text = answer.to_string();
        assert!(!text.contains("\"alice\""), "{text}");
    }
    let thread = app.get(&paths[4]).await.ok();
    assert_eq!(thread["replies"].as_array().unwrap().len(), 1);
    for activity in [&by_alice, &reply] {
        for path in [
            format!("/api/activities/{}", id(activity)),
            format!("/api/activities/@alice/status/{}", id(activity)),
        ] {
            app.get(&path).await.refused(404, "activity_not_found");
        }
    }
    for path in [
        "/api/users/@alice",
        "/api/users/@ALICE/short",
        "/api/activities/@alice",
    ] {
        app.get(path).await.refused(404, "user_not_found");
    }
    let answer = json!({ "message": "too late" });
    let path = format!("/api/activities/{}/reply", id(&by_alice));
    bob.post(&path, &answer)
        .await
        .refused(404, "activity_not_found");

    reinstate(&app, "alice").await;
    assert_eq!(read().await, before);
    assert_eq!(app.get("/api/users/@alice").await.ok()["cruds_count"], 1);
}

#[tokio::test]
async fn what_other_users_wrote_to_a_suspended_user_is_still_found() {
    let app = TestApp::start_operated().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("by alice").await;
    let reply = bob.reply(&post, "marmalade for @alice").await;
    suspend(&app, "alice").await;
    let found = app.get(&format!("/api/activities/{}", id(&reply))).await;
    assert_eq!(found.ok()["handle"], "bob");
    let found = messages_at(&app, "/api/activities/search?term=marmalade").await;
    assert_eq!(found, ["marmalade for @alice"]);
}

#[tokio::test]
async fn private_messages_with_a_suspended_user_can_still_be_read_and_written_to_the_user() {
    let app = TestApp::start_operated().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let body = json!({ "message": "hello", "handle": "bob" });
    alice.post("/api/messages", &body).await.ok();
    suspend(&app, "alice").await;
    let body = json!({ "message": "why?", "handle": "alice" });
    bob.post("/api/messages", &body).await.ok();
    for (user, other) in [(&alice, "bob"), (&bob, "alice")] {
        let messages = user.get(&format!("/api/messages/@{other}")).await.ok();
        assert_eq!(messages.as_array().unwrap().len(), 2);
        let groups = user.get("/api/message_groups").await.ok();
        assert_eq!(groups[0]["handle"], other);
    }
}

#[tokio::test]
async fn an_activity_that_expires_during_a_suspension_does_not_come_back() {
    let app = TestApp::start_operated().await;
    let alice = app.user("alice").await;
    alice.create_activity("old").await;
    alice.create_activity("new").await;
    suspend(&app, "alice").await;
    app.database
        .execute("update activities set expires_at = now() where message = 'old'")
        .await;
    reinstate(&app, "alice").await;
    assert_eq!(messages_at(&app, "/api/activities/home").await, ["new"]);
}

#[tokio::test]
async fn a_suspension_and_a_reinstatement_change_the_next_home_of_two_servers() {
    let first = TestApp::start_operated().await;
    let second = TestApp::start_second(&first, &[("ADMIN_TOKEN", ADMIN_TOKEN)]).await;
    let (alice, bob) = (first.user("alice").await, first.user("bob").await);
    alice.create_activity("by alice").await;
    bob.create_activity("by bob").await;
    for changed_on in [&first, &second] {
        for (is_suspended, expected) in [
            (false, vec!["by bob", "by alice"]),
            (true, vec!["by bob"]),
            (false, vec!["by bob", "by alice"]),
        ] {
            match is_suspended {
                true => suspend(changed_on, "alice").await,
                false => reinstate(changed_on, "alice").await,
            };
            for app in [&first, &second] {
                assert_eq!(messages_at(app, "/api/activities/home").await, expected);
                // The page that the server has kept.
                assert_eq!(messages_at(app, "/api/activities/home").await, expected);
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_names_the_body_first_then_the_suspension_and_then_what_is_missing() {
    let app = TestApp::start_operated().await;
    let alice = app.user("alice").await;
    suspend(&app, "alice").await;
    let path = "/api/activities/11111111-1111-4111-8111-111111111111/reply";
    let blank = alice.post(path, &json!({ "message": "" })).await;
    blank.refused(422, "message_blank");
    let unknown = alice.post(path, &json!({ "message": "m" })).await;
    unknown.refused(403, "suspended");
    let body = json!({ "message": "m", "handle": "unknown" });
    let unknown = alice.post("/api/messages", &body).await;
    unknown.refused(403, "suspended");
}

#[tokio::test]
async fn a_repeat_of_a_write_from_before_the_suspension_gets_the_stored_answer() {
    let app = TestApp::start_operated().await;
    let alice = app.user("alice").await;
    let write = async || {
        let request = alice.request(Method::POST, "/api/activities");
        let body = json!({ "message": "hello", "ttl": "7-days" });
        Answer::of(request.header("Idempotency-Key", "key").json(&body)).await
    };
    let stored = write().await.ok();
    suspend(&app, "alice").await;
    assert_eq!(write().await.ok(), stored);
    create(&alice).await.refused(403, "suspended");
}

#[tokio::test]
async fn of_activities_that_are_sent_together_only_the_suspended_users_are_refused() {
    let app = TestApp::start_operated().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    suspend(&app, "alice").await;
    join_all((0..40).map(async |number| match number % 2 {
        0 => create(&alice).await.refused(403, "suspended"),
        _ => drop(create(&bob).await.ok()),
    }))
    .await;
    assert_eq!(
        app.database.count("select count(*) from activities").await,
        20
    );
}

/// Alice writes on both servers without a pause, while an operator suspends her on the first one.
#[tokio::test]
async fn once_a_suspension_is_answered_no_activity_of_the_user_is_stored_on_any_server() {
    let first = TestApp::start_operated().await;
    let second = TestApp::start_second(&first, &[]).await;
    let (alice, on_second) = (first.user("alice").await, second.sign_in("alice").await);
    let is_answered = Cell::new(false);
    let send = async |user: &User<'_>| {
        let mut stored = 0;
        loop {
            let was_answered = is_answered.get();
            let answer = create(user).await;
            match answer.status {
                200 if !was_answered => stored += 1,
                _ => {
                    answer.refused(403, "suspended");
                    if was_answered {
                        return stored;
                    }
                }
            }
        }
    };
    let count = "select count(*) from activities";
    let suspend_later = async || {
        eventually(async || first.database.count(count).await >= 20).await;
        suspend(&first, "alice").await;
        is_answered.set(true);
    };
    let (stored, ()) = tokio::join!(
        join_all([
            send(&alice),
            send(&on_second),
            send(&alice),
            send(&on_second)
        ]),
        suspend_later()
    );
    assert_eq!(
        first.database.count(count).await,
        stored.iter().sum::<i64>()
    );
    assert_eq!(second.get("/api/activities/home").await.ok(), json!([]));
}

#[tokio::test]
async fn suspending_and_reinstating_twice_is_the_same_as_once() {
    let app = TestApp::start_operated().await;
    app.insert_user("alice").await;
    let shown = async || app.admin().get("/admin/users/@alice").await.ok();
    let user = reinstate(&app, "ALICE").await;
    assert_eq!(user["suspended_at"], Value::Null);
    assert_eq!(user, shown().await);
    let suspended = suspend(&app, "Alice").await;
    assert_eq!(suspended["handle"], "alice");
    assert!(suspended["suspended_at"].is_string(), "{suspended}");
    assert_eq!(suspend(&app, "alice").await, suspended);
    assert_eq!(shown().await, suspended);
    for _ in 0..2 {
        assert_eq!(reinstate(&app, "alice").await, user);
    }
}

#[tokio::test]
async fn an_unknown_user_and_one_who_deleted_the_account_cannot_be_suspended_or_reinstated() {
    let app = TestApp::start_operated().await;
    app.insert_user("alice").await;
    app.database
        .execute("insert into hidden_users (user_uuid, reason) select uuid, 'deleted' from users")
        .await;
    for handle in ["alice", "unknown", "a%00b"] {
        let path = format!("/admin/users/@{handle}");
        let found = app.admin().get(&path).await;
        found.problem(404, "user_not_found");
        for method in [Method::PUT, Method::DELETE] {
            let request = app.admin().request(method, &format!("{path}/suspend"));
            Answer::of(request).await.problem(404, "user_not_found");
        }
    }
    let reasons = "select count(*) from hidden_users where reason = 'deleted'";
    assert_eq!(app.database.count(reasons).await, 1);
    for command in ["suspend", "reinstate"] {
        let output = app.database.run(&["users", command, "alice"]).await;
        assert_eq!(output.code, 4, "{}", output.stderr);
        assert!(output.stderr.contains("no user has the handle alice"));
    }
}

#[tokio::test]
async fn the_list_of_suspended_users_has_pages_with_the_latest_suspension_first() {
    let app = TestApp::start_operated().await;
    for handle in ["ann", "ben", "cem", "dan"] {
        app.insert_user(handle).await;
        suspend(&app, handle).await;
    }
    reinstate(&app, "ben").await;
    app.database
        .execute("update hidden_users set reason = 'deleted' where user_uuid = (select uuid from users where handle = 'dan')")
        .await;
    suspend(&app, "ben").await;
    let mut handles = Vec::new();
    let mut next = Some("/admin/users?state=suspended&limit=2".to_owned());
    while let Some(path) = next {
        let page = app.admin().get(&path).await;
        next = page.next();
        let page = page.ok();
        let users = page.as_array().unwrap().iter();
        handles.extend(users.map(|user| user["handle"].as_str().unwrap().to_owned()));
    }
    assert_eq!(handles, ["ben", "cem", "ann"]);
    for path in ["/admin/users", "/admin/users?state=active"] {
        let refused = app.admin().get(path).await;
        let detail = refused.problem(400, "malformed_query");
        assert!(detail.contains("suspended"), "{detail}");
    }
    let command = app.database.run(&["users", "suspended", "--json"]).await;
    let page = app.admin().get("/admin/users?state=suspended").await.ok();
    assert_eq!(command.report(), page);
}

#[tokio::test]
async fn the_commands_suspend_and_reinstate_a_user_and_are_in_the_audit() {
    let app = TestApp::start_operated().await;
    let alice = app.user("alice").await;
    let run = async |arguments: &[&str]| app.database.run(arguments).await;
    let suspended = run(&["users", "suspend", "@Alice", "--json"])
        .await
        .report();
    assert!(suspended["suspended_at"].is_string(), "{suspended}");
    create(&alice).await.refused(403, "suspended");
    let list = run(&["users", "suspended"]).await;
    assert!(
        list.stdout.starts_with("@alice has been suspended since 2"),
        "{list:?}"
    );
    let reinstated = run(&["users", "reinstate", "alice"]).await;
    assert_eq!(reinstated.stdout, "@alice is not suspended\n");
    create(&alice).await.ok();
    let list = run(&["users", "suspended"]).await;
    assert_eq!(list.stdout, "no user is suspended\n");

    suspend(&app, "alice").await;
    let audit = app.admin().get("/admin/audit").await.ok();
    let path = "/admin/users/@alice/suspend";
    let entries = audit.as_array().unwrap().iter();
    let entries = entries.filter(|entry| entry["path"] == path);
    let entries: Vec<(&Value, &Value, &Value)> = entries
        .map(|entry| (&entry["who"], &entry["method"], &entry["status"]))
        .collect();
    assert_eq!(
        entries,
        [
            (&json!("token"), &json!("PUT"), &json!(200)),
            (&json!("command"), &json!("DELETE"), &json!(200)),
            (&json!("command"), &json!("PUT"), &json!(200)),
        ]
    );
}
