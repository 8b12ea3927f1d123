//! Deleting one's account: it is gone at once, and the purge deletes its rows later.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Issuer, TestApp, User, eventually, id, now};

const PROFILE: &str = "/api/profile";

async fn delete_account(user: &User<'_>, confirm: &str) -> Answer {
    let body = json!({ "confirm": confirm });
    Answer::of(user.request(Method::DELETE, PROFILE).json(&body)).await
}

async fn send(from: &User<'_>, to: &str, message: &str) -> Value {
    let body = json!({ "message": message, "handle": to });
    from.post("/api/messages", &body).await.ok()
}

/// The texts of a conversation as `user` reads it.
async fn texts(user: &User<'_>, group: &Value) -> Vec<String> {
    let path = format!("/api/messages/{}", group["uuid"].as_str().unwrap());
    let messages = user.get(&path).await.ok();
    let messages = messages.as_array().unwrap().iter();
    messages
        .map(|message| message["message"].as_str().unwrap().to_owned())
        .collect()
}

/// Lets the minute pass for which the purge waits.
async fn pass_the_minute(app: &TestApp) {
    app.database
        .execute("update hidden_users set hidden_at = hidden_at - interval '1 minute'")
        .await;
}

/// Waits until no deleted user has a row.
async fn wait_for_purge(app: &TestApp) {
    pass_the_minute(app).await;
    let left = "select count(*) from users where cognito_user_id like 'deleted:%'";
    app.database.wait_for_count(left, 0).await;
}

async fn like(app: &TestApp, user: &str, activity: &Value) {
    app.database
        .execute(&format!(
            "insert into reactions (activity_uuid, kind, user_uuid)
             select '{}', 'like', uuid from users where handle = '{user}'",
            id(activity)
        ))
        .await;
}

#[tokio::test]
async fn a_deleted_account_is_gone_at_once_on_every_server() {
    let app = TestApp::start().await;
    let second = TestApp::start_second(&app, &[]).await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("marmalade by alice").await;
    let kept = bob.create_activity("bread by bob").await;
    let reply = alice.reply(&kept, "with marmalade").await;
    send(&alice, "bob", "psst").await;

    let deleted = delete_account(&alice, "ALICE").await.ok();
    assert_eq!(deleted, json!({ "handle": "alice" }));

    for app in [&app, &second] {
        for path in [
            "/api/users/@alice",
            "/api/users/@alice/short",
            "/api/activities/@alice",
        ] {
            app.get(path).await.refused(404, "user_not_found");
        }
        for activity in [&post, &reply] {
            let path = format!("/api/activities/{}", id(activity));
            app.get(&path).await.refused(404, "activity_not_found");
        }
        for path in [
            "/api/activities/search?term=marmalade",
            "/api/activities/search?term=%40alice",
        ] {
            assert_eq!(app.get(path).await.ok(), json!([]), "{path}");
        }
        let thread = app
            .get(&format!("/api/activities/{}", id(&kept)))
            .await
            .ok();
        assert_eq!(thread["replies"], json!([]));
        for path in [
            "/api/activities/home".to_owned(),
            "/api/activities/@bob".to_owned(),
            "/api/dev/users".to_owned(),
        ] {
            let body = app.get(&path).await.ok().to_string();
            assert!(body.contains("bob"), "{path}");
            assert!(!body.to_lowercase().contains("alice"), "{path}: {body}");
            assert!(!body.contains("deleted_"), "{path}: {body}");
        }
    }
    let groups = bob.get("/api/message_groups").await.ok();
    assert_eq!(groups, json!([]));
    let notifications = bob.get("/api/activities/notifications").await.ok();
    assert_eq!(notifications, json!([]));
}

#[tokio::test]
async fn nothing_that_names_the_user_is_left_in_the_database_after_the_deletion() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let bio = json!({ "display_name": "Alice", "bio": "I am alice" });
    alice.post("/api/profile/update", &bio).await.ok();
    app.database
        .execute("update users set email = 'alice@example.com'")
        .await;
    delete_account(&alice, "alice").await.ok();
    for table in ["users", "deleted_accounts", "hidden_users"] {
        let named = format!("select count(*) from {table} as row where row::text ilike '%alice%'");
        assert_eq!(app.database.count(&named).await, 0, "{table}");
    }
    wait_for_purge(&app).await;
}

#[tokio::test]
async fn an_account_is_deleted_only_if_the_confirmation_is_its_handle() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    app.user("bob").await;
    for (confirm, code) in [
        (json!(null), "confirmation_blank"),
        (json!(7), "confirmation_blank"),
        (json!(" \t"), "confirmation_blank"),
        (json!("bob"), "confirmation_mismatch"),
        (json!("@alice"), "confirmation_mismatch"),
        (json!("alice "), "confirmation_mismatch"),
        (json!("alice\0"), "confirmation_mismatch"),
    ] {
        let request = alice.request(Method::DELETE, PROFILE);
        let answer = Answer::of(request.json(&json!({ "confirm": confirm }))).await;
        answer.refused(422, code);
    }
    let request = alice.request(Method::DELETE, PROFILE);
    Answer::of(request.json(&json!({})))
        .await
        .refused(422, "confirmation_blank");
    alice.delete(PROFILE).await.refused(400, "malformed_json");
    let anonymous = app.request(Method::DELETE, PROFILE);
    Answer::of(anonymous.json(&json!({ "confirm": "alice" })))
        .await
        .refused(401, "generic_401");
    assert_eq!(app.get("/api/users/@alice").await.status, 200);
}

#[tokio::test]
async fn a_suspended_user_cannot_delete_the_account() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    app.database
        .execute("insert into hidden_users (user_uuid, reason) select uuid, 'suspended' from users")
        .await;
    delete_account(&alice, "alice")
        .await
        .refused(403, "suspended");
    let suspended = "select count(*) from hidden_users where reason = 'suspended'";
    assert_eq!(app.database.count(suspended).await, 1);
}

#[tokio::test]
async fn the_handle_of_a_deleted_account_is_free_at_once_and_its_new_owner_has_nothing_of_it() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    alice.create_activity("the old alice").await;
    delete_account(&alice, "alice").await.ok();
    app.database
        .execute(
            "insert into users (cognito_user_id, handle, display_name)
             values ('sub-another', 'alice', 'Another Alice')",
        )
        .await;
    let profile = app.get("/api/users/@alice").await.ok();
    assert_eq!(
        (&profile["display_name"], &profile["cruds_count"]),
        (&json!("Another Alice"), &json!(0))
    );
    assert_eq!(
        app.get("/api/activities/@alice").await.ok(),
        json!([]),
        "the old account's activities"
    );
    wait_for_purge(&app).await;
    assert_eq!(app.get("/api/users/@alice").await.ok(), profile);
}

#[tokio::test]
async fn the_other_member_of_a_conversation_keeps_what_they_wrote_and_no_more() {
    let app = TestApp::start().await;
    let (alice, bob, carol) = (
        app.user("alice").await,
        app.user("bob").await,
        app.user("carol").await,
    );
    for number in 1..=3 {
        send(&alice, "bob", &format!("from alice {number}")).await;
        send(&bob, "alice", &format!("from bob {number}")).await;
    }
    send(&alice, "bob", "the last word").await;
    send(&alice, "carol", "carol never answered").await;
    send(&carol, "bob", "hello bob").await;
    let groups = bob.get("/api/message_groups").await.ok();
    let with_alice = groups[1].clone();
    assert_eq!(with_alice["handle"], "alice");

    delete_account(&alice, "alice").await.ok();

    let assert_kept = async || {
        let groups = bob.get("/api/message_groups?limit=1").await;
        let next = groups.next().expect("a second group");
        assert_eq!(groups.ok()[0]["handle"], "carol");
        let groups = bob.get(&next).await;
        assert_eq!(groups.next(), None);
        let group = groups.ok()[0].clone();
        assert_eq!(
            group,
            json!({
                "uuid": with_alice["uuid"],
                "display_name": "Deleted user",
                "handle": "",
                "message": "from bob 3",
                "created_at": with_alice["created_at"],
            })
        );
        let expected = ["from bob 1", "from bob 2", "from bob 3"];
        assert_eq!(texts(&bob, &group).await, expected);
        let answer = json!({ "message": "hello?", "message_group_uuid": group["uuid"] });
        let answer = bob.post("/api/messages", &answer).await;
        answer.refused(404, "message_group_not_found");
        let groups = carol.get("/api/message_groups").await.ok();
        assert_eq!(groups.as_array().unwrap().len(), 1);
        assert_eq!(groups[0]["handle"], "bob");
    };
    assert_kept().await;
    wait_for_purge(&app).await;
    assert_kept().await;
    let groups = "select count(*) from message_groups";
    assert_eq!(app.database.count(groups).await, 2);

    delete_account(&bob, "bob").await.ok();
    wait_for_purge(&app).await;
    let left = "select count(*) from message_groups";
    assert_eq!(app.database.count(left).await, 1, "carol's, without bob");
    let left = "select count(*) from messages";
    assert_eq!(app.database.count(left).await, 1);
}

#[tokio::test]
async fn a_page_of_a_conversation_with_a_deleted_account_is_full_although_messages_are_left_out() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    for number in 1..=5 {
        send(&bob, "alice", &number.to_string()).await;
        for _ in 0..3 {
            send(&alice, "bob", "left out").await;
        }
    }
    let group = bob.get("/api/message_groups").await.ok()[0].clone();
    delete_account(&alice, "alice").await.ok();
    let mut next = Some(format!("/api/messages/{}?limit=2", id(&group)));
    let mut pages = Vec::new();
    while let Some(path) = next {
        let page = bob.get(&path).await;
        next = page.next();
        let messages = page.ok();
        let messages = messages.as_array().unwrap().iter();
        pages.push(
            messages
                .map(|message| message["message"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(pages, [vec!["4", "5"], vec!["2", "3"], vec!["1"]]);
}

#[tokio::test]
async fn the_purge_deletes_every_row_of_a_deleted_account_and_the_counts_of_others_go_down() {
    let app = TestApp::start().await;
    let second = TestApp::start_second(&app, &[]).await;
    let (alice, bob, carol) = (
        app.user("alice").await,
        app.user("bob").await,
        app.user("carol").await,
    );
    let kept = bob.create_activity("kept, @alice").await;
    bob.reply(&kept, "kept too").await;
    let reply = alice.reply(&kept, "goes").await;
    carol.reply(&reply, "goes with alice's reply").await;
    alice.reply(&kept, "goes as well").await;
    for user in ["alice", "carol"] {
        like(&app, user, &kept).await;
    }
    // Two of three posts have replies, by alice herself and by bob.
    app.database
        .execute(
            "insert into activities (uuid, user_uuid, message, expires_at, replies_count)
             select md5('post ' || n)::uuid, uuid, 'post ' || n, case n % 5 when 0 then null else now() + interval '7 days' end, least(n % 3, 1)
             from users, generate_series(1, 2500) as n where handle = 'alice';
             insert into activities (user_uuid, message, reply_to_activity_uuid, expires_at)
             select users.uuid, 'reply ' || n, md5('post ' || n)::uuid, parent.expires_at
             from generate_series(1, 2500) as n
             join activities as parent on parent.uuid = md5('post ' || n)::uuid
             join users on handle = case n % 3 when 1 then 'alice' else 'bob' end
             where n % 3 <> 0;
             insert into activities (user_uuid, message, reply_to_activity_uuid)
             select uuid, 'reply of alice ' || n, (select uuid from activities where message = 'kept, @alice')
             from users, generate_series(1, 1500) as n where handle = 'alice';
             update activities set replies_count = replies_count + 1500 where message = 'kept, @alice';
             insert into reactions (activity_uuid, kind, user_uuid)
             select activities.uuid, 'repost', users.uuid from activities, users
             where users.handle = 'alice' and message like 'post %';
             insert into message_groups (first_user_uuid, second_user_uuid, last_message_at)
             select least(a.uuid, b.uuid), greatest(a.uuid, b.uuid), now() from users as a, users as b
             where a.handle = 'alice' and b.handle = 'bob';
             insert into messages (message_group_uuid, user_uuid, message, created_at)
             select message_groups.uuid, users.uuid, 'message ' || n, now()
             from message_groups, users, generate_series(1, 1500) as n where users.handle = 'alice'",
        )
        .await;
    let thread = async |app: &TestApp| {
        app.get(&format!("/api/activities/{}", id(&kept)))
            .await
            .ok()
    };
    let before = thread(&app).await;
    assert_eq!(before["replies_count"], 1_503);
    assert_eq!(before["likes_count"], 2);

    delete_account(&alice, "alice").await.ok();
    // As long as the rows are there, they are counted.
    assert_eq!(thread(&second).await["replies_count"], 1_503);
    wait_for_purge(&app).await;

    for (table, left) in [
        ("users", 2),
        ("activities", 2),
        ("deleted_activities", 0),
        ("reactions", 1),
        ("notifications", 0),
        ("messages", 0),
        ("message_groups", 0),
        ("hidden_users", 0),
        ("deleted_accounts", 1),
    ] {
        let rows = format!("select count(*) from {table}");
        app.database.wait_for_count(&rows, left).await;
    }
    for app in [&app, &second] {
        let thread = thread(app).await;
        assert_eq!(
            (&thread["replies_count"], &thread["likes_count"]),
            (&json!(1), &json!(1))
        );
        assert_eq!(thread["replies"][0]["message"], "kept too");
    }
    assert_eq!(
        app.get("/api/users/@bob").await.ok()["cruds_count"],
        1,
        "the counts of others are untouched"
    );
}

#[tokio::test]
async fn the_purge_deletes_what_is_not_locked_and_the_rest_when_the_lock_is_released() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let parent = bob.create_activity("parent").await;
    alice.reply(&parent, "below a locked activity").await;
    let locked = alice.create_activity("locked").await;
    for number in 0..5 {
        alice.create_activity(&number.to_string()).await;
    }
    like(&app, "alice", &parent).await;
    let mut client = app.database.connect().await;
    let transaction = client.transaction().await.unwrap();
    for activity in [&parent, &locked] {
        let statement = format!(
            "select from activities where uuid = '{}' for update",
            id(activity)
        );
        transaction.query_one(&statement, &[]).await.unwrap();
    }
    delete_account(&alice, "alice").await.ok();
    pass_the_minute(&app).await;
    let rows = "select count(*) from activities";
    app.database.wait_for_count(rows, 3).await;
    assert_eq!(
        app.database.count("select count(*) from reactions").await,
        1
    );
    transaction.rollback().await.unwrap();
    wait_for_purge(&app).await;
    let thread = app.get(&format!("/api/activities/{}", id(&parent))).await;
    let thread = thread.ok();
    assert_eq!(
        (&thread["replies_count"], &thread["likes_count"]),
        (&json!(0), &json!(0))
    );
}

#[tokio::test]
async fn posts_in_flight_while_an_account_is_deleted_are_never_seen_afterwards() {
    let app = TestApp::start().await;
    let second = TestApp::start_second(&app, &[]).await;
    let alice = app.user("alice").await;
    let bob = app.user("bob").await;
    let kept = bob.create_activity("kept").await;
    let elsewhere = second.sign_in("alice").await;
    let reply = format!("/api/activities/{}/reply", id(&kept));
    let write = async |number: usize| {
        let user = if number.is_multiple_of(2) {
            &alice
        } else {
            &elsewhere
        };
        let message = json!({ "message": "in flight", "ttl": "1-day", "handle": "bob" });
        let path = ["/api/activities", &reply, "/api/messages"][number % 3];
        user.post(path, &message).await
    };
    let (answers, deleted) = tokio::join!(
        join_all((0..96).map(write)),
        delete_account(&alice, "alice")
    );
    deleted.ok();
    for answer in &answers {
        match answer.status {
            200 => {}
            _ => answer.refused(403, "account_deleted"),
        }
    }
    for app in [&app, &second] {
        assert_eq!(
            app.get("/api/activities/search?term=flight").await.ok(),
            json!([])
        );
        let home = app.get("/api/activities/home").await.ok();
        assert_eq!(home.as_array().unwrap().len(), 1);
        assert_eq!(home[0]["replies"], json!([]));
    }
    assert_eq!(bob.get("/api/message_groups").await.ok(), json!([]));
    wait_for_purge(&app).await;
    for (table, left) in [("users", 1), ("activities", 1), ("messages", 0)] {
        let rows = format!("select count(*) from {table}");
        assert_eq!(app.database.count(&rows).await, left, "{table}");
    }
    let thread = app.get(&format!("/api/activities/{}", id(&kept))).await;
    assert_eq!(thread.ok()["replies_count"], 0);
}

#[tokio::test]
async fn one_of_many_concurrent_deletions_succeeds() {
    let app = TestApp::start().await;
    let second = TestApp::start_second(&app, &[]).await;
    let alice = app.user("alice").await;
    let elsewhere = second.sign_in("alice").await;
    let deletions = (0..16).map(|number: usize| {
        let user = if number.is_multiple_of(2) {
            &alice
        } else {
            &elsewhere
        };
        delete_account(user, "alice")
    });
    let answers = join_all(deletions).await;
    let succeeded = answers.iter().filter(|answer| answer.status == 200);
    assert_eq!(succeeded.count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused(403, "account_deleted");
    }
}

/// The claims of a token of a session that begins a minute from now, since the deletion is not over for that long.
fn later_session(issuer: &Issuer, subject: &str) -> String {
    let mut claims = issuer.claims(subject);
    claims["auth_time"] = json!(now() + 60);
    issuer.sign(&claims)
}

#[tokio::test]
async fn a_token_from_before_the_deletion_does_not_bring_the_account_back() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let second = TestApp::start_second(&app, &issuer.settings()).await;
    let ada = issuer.user(&app, "ada").await;
    let attributes = [
        ("sub", "sub-ada"),
        ("preferred_username", "ada"),
        ("name", "Ada Lovelace"),
        ("email", "ada@example.com"),
    ];
    ada.create_activity("the old account").await;
    let mut refreshed = issuer.claims("sub-ada");
    refreshed["iat"] = json!(now() + 60);
    let refreshed = issuer.sign(&refreshed);
    let anew = later_session(&issuer, "sub-ada");
    for token in [&ada.token, &refreshed, &anew] {
        issuer.set_user_attributes(token, &attributes).await;
    }
    delete_account(&ada, "ada").await.ok();

    let assert_refused = async || {
        for app in [&app, &second] {
            for token in [&ada.token, &refreshed] {
                let user = User {
                    app,
                    handle: "ada".to_owned(),
                    token: token.clone(),
                };
                let post = json!({ "message": "hello", "ttl": "1-day" });
                let profile = json!({ "display_name": "Ada" });
                for answer in [
                    user.post("/api/activities", &post).await,
                    user.post("/api/profile/update", &profile).await,
                    user.get("/api/profile").await,
                    user.get("/api/profile/export").await,
                    delete_account(&user, "ada").await,
                ] {
                    answer.refused(403, "account_deleted");
                }
            }
        }
    };
    assert_refused().await;
    wait_for_purge(&app).await;
    assert_refused().await;
    assert_eq!(app.database.count("select count(*) from users").await, 0);

    let ada = User { token: anew, ..ada };
    let profile = ada.get("/api/profile").await.ok();
    assert_eq!(profile["handle"], "ada");
    let profile = app.get("/api/users/@ada").await.ok();
    assert_eq!(
        (&profile["display_name"], &profile["cruds_count"]),
        (&json!("Ada Lovelace"), &json!(0))
    );
    delete_account(&ada, "ada").await.ok();
}

#[tokio::test]
async fn a_deletion_under_a_key_is_answered_again_and_older_answers_of_the_account_are_not() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let keyed = async |method: Method, path: &str, body: &Value| {
        let request = alice.request(method, path).header("Idempotency-Key", "k");
        Answer::of(request.json(body)).await
    };
    let post = json!({ "message": "hello", "ttl": "1-day" });
    keyed(Method::POST, "/api/activities", &post).await.ok();
    let confirm = json!({ "confirm": "alice" });
    let first = keyed(Method::DELETE, PROFILE, &confirm).await.ok();
    let again = keyed(Method::DELETE, PROFILE, &confirm).await.ok();
    assert_eq!(first, again);
    keyed(Method::POST, "/api/activities", &post)
        .await
        .refused(403, "account_deleted");
    let known = "select count(*) from deleted_accounts where subject is not null";
    assert_eq!(app.database.count(known).await, 0);
}

#[tokio::test]
async fn the_purge_deletes_thousands_of_stored_answers_and_then_forgets_the_cognito_id() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    app.database
        .execute(
            "insert into idempotent_answers (subject, route, key, fingerprint, answer, created_at)
             select 'sub-' || handle, 'POST /api/activities', n::text, '', '', now() - interval '1 hour'
             from generate_series(1, 2500) as n, unnest(array['alice', 'bob']) as handle",
        )
        .await;
    delete_account(&alice, "alice").await.ok();
    let answers = "select count(*) from idempotent_answers where subject = 'sub-alice'";
    app.database.wait_for_count(answers, 0).await;
    let known = "select count(*) from deleted_accounts where subject is not null";
    app.database.wait_for_count(known, 0).await;
    let others = "select count(*) from idempotent_answers";
    assert_eq!(app.database.count(others).await, 2_500);
}

#[tokio::test]
async fn a_user_without_a_row_has_no_account_to_delete() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let ada = User {
        app: &app,
        handle: "ada".to_owned(),
        token: issuer.token("sub-ada"),
    };
    delete_account(&ada, "ada")
        .await
        .refused(403, "cognito_user_id_blank");
    assert_eq!(issuer.get_user_requests().await, 0);
}

#[tokio::test]
async fn a_chain_of_replies_to_oneself_is_purged_with_the_account() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("a story").await;
    app.database
        .execute(&format!(
            "insert into activities (uuid, user_uuid, message, reply_to_activity_uuid, expires_at)
             select md5('reply ' || n)::uuid, users.uuid, n::text,
                 case n when 1 then '{}' else md5('reply ' || n - 1)::uuid end, now() + interval '7 days'
             from users, generate_series(1, 3000) as n;
             update activities set replies_count = 1 where message <> '3000'",
            id(&post)
        ))
        .await;
    delete_account(&alice, "alice").await.ok();
    pass_the_minute(&app).await;
    eventually(async || app.database.count("select count(*) from users").await == 0).await;
    let rows = "select count(*) from activities";
    assert_eq!(app.database.count(rows).await, 0);
}
