//! Private messages: two users share one group, messages are in order, and only the members of a group can read it.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, User};

async fn send(from: &User<'_>, to: &str, message: &str) -> Value {
    from.post(
        "/api/messages",
        &json!({ "message": message, "user_receiver_handle": to }),
    )
    .await
    .ok()
}

fn texts(messages: &Value) -> Vec<&str> {
    let messages = messages.as_array().unwrap();
    messages
        .iter()
        .map(|m| m["message"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn the_first_message_between_two_users_creates_a_group_that_both_see() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    assert_eq!(alice.get("/api/messages/@bob").await.ok(), json!([]));
    assert_eq!(alice.get("/api/message_groups").await.ok(), json!([]));

    let first = send(&alice, "BOB", "hello").await;
    let group = first["message_group_uuid"].clone();
    assert!(group.is_string(), "{first}");
    assert_eq!(
        (&first["handle"], &first["message"]),
        (&json!("alice"), &json!("hello"))
    );

    let answer = bob
        .post(
            "/api/messages",
            &json!({ "message": "hi", "handle": "alice" }),
        )
        .await
        .ok();
    assert_eq!(
        answer.get("message_group_uuid"),
        None,
        "the group is not new"
    );
    let path = format!("/api/messages/{}", group.as_str().unwrap());
    let body = json!({ "message": "bye", "message_group_uuid": group, "handle": "unknown" });
    let last = bob.post("/api/messages", &body).await.ok();

    for (user, other) in [(&alice, "bob"), (&bob, "alice")] {
        let by_handle = user.get(&format!("/api/messages/@{other}")).await.ok();
        assert_eq!(texts(&by_handle), ["hello", "hi", "bye"]);
        assert_eq!(user.get(&path).await.ok(), by_handle);
        assert_eq!(
            user.get("/api/message_groups").await.ok(),
            json!([{
                "uuid": group,
                "handle": other,
                "display_name": if other == "bob" { "Bob" } else { "Alice" },
                "message": "bye",
                "created_at": last["created_at"],
            }])
        );
    }
}

#[tokio::test]
async fn message_groups_are_paged_with_the_latest_message_first() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let mut others = Vec::new();
    for handle in ["bob", "carol", "dave"] {
        others.push(app.user(handle).await);
        send(&alice, handle, "hello").await;
    }
    send(&others[0], "alice", "news").await;
    send(&others[1], "bob", "not for alice").await;

    let mut handles = Vec::new();
    let mut next = Some("/api/message_groups?limit=1".to_owned());
    while let Some(path) = next {
        let page = alice.get(&path).await;
        next = page.next();
        handles.push(page.ok()[0]["handle"].as_str().unwrap().to_owned());
    }
    assert_eq!(handles, ["bob", "dave", "carol"]);
}

#[tokio::test]
async fn a_page_of_messages_is_oldest_first_and_its_next_link_leads_to_older_messages() {
    let app = TestApp::start().await;
    let (alice, _bob) = (app.user("alice").await, app.user("bob").await);
    for number in 1..=5 {
        send(&alice, "bob", &number.to_string()).await;
    }
    let newest = alice.get("/api/messages/@bob?limit=2").await;
    let older = alice.get(&newest.next().unwrap()).await;
    let oldest = alice.get(&older.next().unwrap()).await;
    assert_eq!(oldest.next(), None);
    assert_eq!(texts(&newest.ok()), ["4", "5"]);
    assert_eq!(texts(&older.ok()), ["2", "3"]);
    assert_eq!(texts(&oldest.ok()), ["1"]);
}

#[tokio::test]
async fn sixty_four_concurrent_first_messages_create_one_group() {
    let app = TestApp::start().await;
    let second = TestApp::start_second(&app, &[]).await;
    let alice = app.user("alice").await;
    app.user("bob").await;
    let bob = second.sign_in("bob").await;
    let answers = join_all((0..64).map(|number| {
        let (from, to) = match number % 2 {
            0 => (&alice, &bob),
            _ => (&bob, &alice),
        };
        async move { send(from, &to.handle, &number.to_string()).await }
    }))
    .await;

    let new_groups = answers
        .iter()
        .filter(|answer| answer.get("message_group_uuid").is_some());
    assert_eq!(new_groups.count(), 1);
    let count = async |table| {
        app.database
            .count(&format!("select count(*) from {table}"))
            .await
    };
    assert_eq!(
        (count("message_groups").await, count("messages").await),
        (1, 64)
    );
    let times = "(select distinct created_at from messages) as times";
    assert_eq!(count(times).await, 64, "no two messages have the same time");

    let page = alice.get("/api/messages/@bob?limit=100").await.ok();
    let groups = bob.get("/api/message_groups").await.ok();
    assert_eq!(groups[0]["message"], page[63]["message"]);
}

/// Calls every route without a token, as a user outside the group and as a member.
#[tokio::test]
async fn a_user_outside_a_message_group_gets_the_response_for_a_missing_group() {
    let app = TestApp::start().await;
    let (alice, bob, _carol) = (
        app.user("alice").await,
        app.user("bob").await,
        app.user("carol").await,
    );
    let secret = send(&bob, "carol", "between us").await;
    let existing = secret["message_group_uuid"].as_str().unwrap();
    let missing = "00000000-0000-4000-8000-000000000000";
    let no_body = Value::Null;
    let routes = |group: &str| {
        [
            (
                Method::GET,
                "/api/message_groups".to_owned(),
                no_body.clone(),
            ),
            (
                Method::GET,
                "/api/messages/@carol".to_owned(),
                no_body.clone(),
            ),
            (
                Method::GET,
                format!("/api/messages/{group}"),
                no_body.clone(),
            ),
            (
                Method::GET,
                format!("/api/messages/{group}?limit=1"),
                no_body.clone(),
            ),
            (
                Method::POST,
                "/api/messages".to_owned(),
                json!({ "message": "let me in", "message_group_uuid": group }),
            ),
        ]
    };
    for (existing, missing) in routes(existing).into_iter().zip(routes(missing)) {
        let (method, path, body) = existing;
        let call = async |user: Option<&User<'_>>, path: &str, body: &Value| {
            let request = match user {
                Some(user) => user.request(method.clone(), path),
                None => app.request(method.clone(), path),
            };
            Answer::of(if body.is_null() {
                request
            } else {
                request.json(body)
            })
            .await
        };
        call(None, &path, &body).await.refused(401, "generic_401");
        let to_existing = call(Some(&alice), &path, &body).await;
        let to_missing = call(Some(&alice), &missing.1, &missing.2).await;
        assert_eq!(
            (to_existing.status, &to_existing.body),
            (to_missing.status, &to_missing.body),
            "{method} {path}"
        );
        assert!(
            !to_existing.body.to_string().contains("between us"),
            "{method} {path}"
        );
        call(Some(&bob), &path, &body).await.ok();
    }
    let stored = "select count(*) from messages where message = 'let me in'";
    assert_eq!(
        app.database.count(stored).await,
        1,
        "only the member's message is stored"
    );
}

#[tokio::test]
async fn an_invalid_message_is_refused_with_the_code_of_the_first_failed_check() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    for (body, status, code) in [
        (json!({}), 422, "message_blank"),
        (json!({ "message": "\t" }), 422, "message_blank"),
        (
            json!({ "message": "x".repeat(1025) }),
            422,
            "message_exceed_max_chars_1024",
        ),
        (
            json!({ "message": "\0", "handle": "bob" }),
            422,
            "message_invalid",
        ),
        (json!({ "message": "m" }), 422, "user_reciever_handle_blank"),
        (
            json!({ "message": "m", "message_group_uuid": "" }),
            422,
            "message_group_uuid_blank",
        ),
        (
            json!({ "message": "m", "handle": "Alice" }),
            422,
            "user_receiver_is_sender",
        ),
        (
            json!({ "message": "m", "handle": "unknown" }),
            404,
            "user_not_found",
        ),
        (
            json!({ "message": "m", "handle": "\0" }),
            404,
            "user_not_found",
        ),
    ] {
        let answer = alice.post("/api/messages", &body).await;
        answer.refused(status, code);
    }
    alice
        .get("/api/messages/7")
        .await
        .refused(400, "malformed_uuid");
    alice
        .get("/api/messages/@unknown")
        .await
        .refused(404, "user_not_found");
}
