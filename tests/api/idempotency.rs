//! The header Idempotency-Key: a repeated write is stored once and gets the same response.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, User, id};

async fn send(user: &User<'_>, method: Method, path: &str, key: &str, body: &Value) -> Answer {
    let request = user.request(method, path).header("Idempotency-Key", key);
    Answer::of(if body.is_null() {
        request
    } else {
        request.json(body)
    })
    .await
}

fn post() -> Value {
    json!({ "message": "hello", "ttl": "1-hour" })
}

#[tokio::test]
async fn sixty_four_concurrent_posts_under_one_key_insert_one_row() {
    let app = TestApp::start().await;
    let second = TestApp::start_second(&app, &[]).await;
    let alice = app.user("alice").await;
    let alice_on_second = second.sign_in("alice").await;
    let path = "/api/activities";
    let answers = join_all((0..64).map(|number| {
        let user = if number % 2 == 0 {
            &alice
        } else {
            &alice_on_second
        };
        async move { send(user, Method::POST, path, "k", &post()).await }
    }))
    .await;

    let rows = app.database.count("select count(*) from activities").await;
    assert_eq!(rows, 1);
    let first = answers.iter().find(|answer| answer.status == 200).unwrap();
    for answer in &answers {
        match answer.status {
            200 => assert_eq!(answer.body, first.body),
            _ => answer.refused(409, "idempotency_key_in_flight"),
        }
    }
}

#[tokio::test]
async fn every_write_route_writes_once_under_a_repeated_key() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    bob.create_activity("hello, @alice").await;
    let notices = alice.get("/api/notifications").await.ok();
    let up_to = json!({ "up_to": notices[0]["uuid"] });
    let target = alice.create_activity("target").await;
    let to_delete = alice.create_activity("to delete").await;
    let profile = json!({ "display_name": "Alice" });
    let message = json!({ "message": "hello", "handle": "bob" });
    for (method, path, body) in [
        (Method::POST, "/api/activities", post()),
        (
            Method::POST,
            &*format!("/api/activities/{}/reply", id(&target)),
            json!({ "message": "reply" }),
        ),
        (
            Method::POST,
            &*format!("/api/activities/{}/report", id(&target)),
            json!({ "reason": "spam" }),
        ),
        (
            Method::DELETE,
            &*format!("/api/activities/{}", id(&to_delete)),
            Value::Null,
        ),
        (Method::PUT, "/api/profile/update", profile.clone()),
        (Method::POST, "/api/profile/update", profile),
        (Method::POST, "/api/messages", message),
        (Method::POST, "/api/notifications/read", up_to),
    ] {
        let first = send(&alice, method.clone(), path, "one-for-all", &body).await;
        let again = send(&alice, method.clone(), path, "one-for-all", &body).await;
        assert_eq!(
            (first.status, &first.body),
            (200, &again.body),
            "{method} {path}"
        );
        assert_eq!(again.header("content-type"), Some("application/json"));
    }
    let mut counts = Vec::new();
    for (table, condition) in [
        ("activities", "message in ('hello', 'reply')"),
        ("messages", "true"),
    ] {
        let query = format!("select count(*) from {table} where {condition}");
        counts.push(app.database.count(&query).await);
    }
    assert_eq!(counts, [2, 1]);
}

#[tokio::test]
async fn a_repeated_write_gets_the_stored_response_after_the_activity_was_deleted() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let path = "/api/activities";
    let first = send(&alice, Method::POST, path, "k", &post()).await.ok();
    alice.delete(&format!("{path}/{}", id(&first))).await.ok();
    assert_eq!(
        send(&alice, Method::POST, path, "k", &post()).await.ok(),
        first
    );
}

#[tokio::test]
async fn a_key_is_refused_with_another_body_and_is_free_for_another_user_or_route() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let path = "/api/activities";
    let first = send(&alice, Method::POST, path, "k", &post()).await.ok();
    let other = json!({ "message": "other", "ttl": "1-hour" });
    send(&alice, Method::POST, path, "k", &other)
        .await
        .refused(422, "idempotency_key_reused");
    let bobs = send(&bob, Method::POST, path, "k", &other).await.ok();
    assert_eq!(bobs["handle"], "bob");
    for parent in [&first, &bobs] {
        let path = format!("{path}/{}/reply", id(parent));
        let reply = send(&alice, Method::POST, &path, "k", &post()).await.ok();
        assert_eq!(reply["reply_to_activity_uuid"], parent["uuid"]);
    }
}

#[tokio::test]
async fn the_refusal_of_a_write_is_not_stored_under_its_key() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let message = json!({ "message": "hello", "handle": "bob" });
    send(&alice, Method::POST, "/api/messages", "k", &message)
        .await
        .refused(404, "user_not_found");
    app.user("bob").await;
    send(&alice, Method::POST, "/api/messages", "k", &message)
        .await
        .ok();
}

#[tokio::test]
async fn an_idempotency_key_is_kept_for_a_day_and_then_purged() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let age = |hours: u8| {
        format!("update idempotent_answers set created_at = now() - interval '{hours} hours'")
    };
    let path = "/api/activities";
    let first = send(&alice, Method::POST, path, "k", &post()).await.ok();
    app.database.execute(&age(23)).await;
    assert_eq!(
        send(&alice, Method::POST, path, "k", &post()).await.ok(),
        first
    );
    app.database.execute(&age(24)).await;
    assert_ne!(
        send(&alice, Method::POST, path, "k", &post()).await.ok(),
        first
    );
    app.database.execute(&age(24)).await;
    let stored = "select count(*) from idempotent_answers";
    app.database.wait_for_count(stored, 0).await;
}

#[tokio::test]
async fn an_idempotency_key_has_1_to_255_visible_characters() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    for key in ["", "a b", "é", &"k".repeat(256)] {
        send(&alice, Method::POST, "/api/activities", key, &post())
            .await
            .refused(400, "malformed_idempotency_key");
    }
    send(
        &alice,
        Method::POST,
        "/api/activities",
        &"~".repeat(255),
        &post(),
    )
    .await
    .ok();

    // The server authenticates the request before it checks the key.
    let anonymous = app
        .request(Method::POST, "/api/activities")
        .header("Idempotency-Key", "")
        .json(&post());
    Answer::of(anonymous).await.refused(401, "generic_401");
}

/// A locked table keeps the first write in flight for longer than the second one waits.
#[tokio::test]
async fn a_write_under_a_key_in_flight_waits_two_seconds_and_gets_409() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let mut client = app.database.connect().await;
    let locking = client.transaction().await.unwrap();
    locking
        .execute("lock table activities in access exclusive mode", &[])
        .await
        .unwrap();

    let started = std::time::Instant::now();
    let body = post();
    let both = join_all((0..2).map(|_| send(&alice, Method::POST, "/api/activities", "k", &body)));
    let answers = both.await;
    let refused = answers.iter().find(|answer| answer.status == 409).unwrap();
    refused.refused(409, "idempotency_key_in_flight");
    assert!(started.elapsed().as_millis() >= 2_000);
    locking.rollback().await.unwrap();
    send(&alice, Method::POST, "/api/activities", "k", &body)
        .await
        .ok();
    assert_eq!(
        app.database.count("select count(*) from activities").await,
        1
    );
}

#[tokio::test]
async fn a_default_isolation_level_of_the_database_changes_no_write() {
    let first = TestApp::start().await;
    first
        .database
        .execute(&format!(
            "alter database {} set default_transaction_isolation = 'serializable';
            create function refuse_other_levels() returns trigger language plpgsql as $$
            begin
                if current_setting('transaction_isolation') <> 'read committed' then
                    raise exception 'written at %', current_setting('transaction_isolation');
                end if;
                return new;
            end $$;
            create trigger refuse_other_levels before insert on activities
                for each row execute function refuse_other_levels()",
            first.database.name
        ))
        .await;
    let app = TestApp::start_second(&first, &[]).await;
    let alice = app.user("alice").await;
    alice.create_activity("without a key").await;
    let with_key = send(&alice, Method::POST, "/api/activities", "k", &post()).await;
    assert_eq!(with_key.ok()["message"], "hello");
    let seeded = app.database.run(&["db", "seed"]).await;
    assert_eq!(seeded.code, 0, "{}", seeded.stderr);
}
