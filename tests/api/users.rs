//! Profiles in the full and in the short form, and their update.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, TestApp};

#[tokio::test]
async fn a_profile_is_found_by_handle_whatever_its_case() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    alice.create_activity("one").await;
    let post = alice.create_activity("two").await;
    alice.reply(&post, "a reply is not counted").await;

    let mut profile = app.get("/api/users/@ALICE").await.ok();
    let created_at = profile["created_at"].take();
    assert!(created_at.as_str().unwrap().ends_with('Z'));
    let uuid = profile["uuid"].clone();
    assert_eq!(
        profile,
        json!({
            "uuid": uuid,
            "handle": "alice",
            "display_name": "Alice",
            "bio": "",
            "cruds_count": 2,
            "created_at": null,
        })
    );
    assert_eq!(
        app.get("/api/users/@alice/short").await.ok(),
        json!({ "uuid": uuid, "handle": "alice", "display_name": "Alice" })
    );
}

#[tokio::test]
async fn a_profile_does_not_count_deleted_or_expired_activities() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    alice.create_activity("one").await;
    let post = alice.create_activity("two").await;
    let path = format!("/api/activities/{}", post["uuid"].as_str().unwrap());
    alice.delete(&path).await.ok();
    let profile = app.get("/api/users/@alice").await.ok();
    assert_eq!(profile["cruds_count"], 1);
    app.database
        .execute("update activities set expires_at = now()")
        .await;
    let profile = app.get("/api/users/@alice").await.ok();
    assert_eq!(profile["cruds_count"], 0);
}

/// The purge adds up the changes of the counts; until then a profile adds them itself.
#[tokio::test]
async fn the_cruds_count_is_true_after_every_change_of_the_activities_table() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let second = TestApp::start_second(&app, &[]).await;
    let counts = async || {
        let mut counts = Vec::new();
        for handle in ["alice", "bob"] {
            let profile = second.get(&format!("/api/users/@{handle}")).await.ok();
            counts.push(profile["cruds_count"].as_i64().unwrap());
        }
        counts
    };
    let are_added_up = async || {
        let changes = "select count(*) from crud_count_changes";
        app.database.wait_for_count(changes, 0).await;
    };
    let post = alice.create_activity("one").await;
    bob.reply(&post, "not counted").await;
    assert_eq!(counts().await, [1, 0]);
    for (sql, expected) in [
        (
            "insert into activities (user_uuid, message, expires_at)
             select uuid, n::text, now() + interval '1 day' from users, generate_series(1, 10) as n",
            [11, 10],
        ),
        (
            "update activities set expires_at = now() where message in ('1', '2')",
            [9, 8],
        ),
        (
            "update activities set expires_at = now() + interval '1 hour' where message = '3'",
            [9, 8],
        ),
        (
            "update activities set user_uuid = (select uuid from users where handle = 'bob') where message = '4'",
            [8, 9],
        ),
        (
            "update activities set reply_to_activity_uuid =
                 (select uuid from activities where message = '3' and user_uuid = activities.user_uuid limit 1)
             where message = '5'",
            [7, 8],
        ),
        ("delete from activities where message = '6'", [6, 7]),
        ("delete from activities where message = 'one'", [5, 7]),
        (
            "update activities set expires_at = null where message = '7'",
            [5, 7],
        ),
    ] {
        app.database.execute(sql).await;
        assert_eq!(counts().await, expected, "{sql}");
        are_added_up().await;
        assert_eq!(counts().await, expected, "{sql}");
    }
    let expired = "select count(*) from activities where expires_at <= now()";
    app.database.wait_for_count(expired, 0).await;
    assert_eq!(counts().await, [5, 7]);
    app.database
        .execute("delete from users where handle = 'bob'")
        .await;
    app.database
        .wait_for_count("select count(*) from crud_counts", 1)
        .await;
    are_added_up().await;
    app.database.execute("truncate activities cascade").await;
    let profile = app.get("/api/users/@alice").await.ok();
    assert_eq!(profile["cruds_count"], 0);
}

#[tokio::test]
async fn a_profile_with_an_unknown_or_invalid_handle_is_not_found() {
    let app = TestApp::start().await;
    for handle in ["unknown", "%00", "a-b", &"x".repeat(31), "%F0%9F%8C%8A"] {
        for suffix in ["", "/short"] {
            app.get(&format!("/api/users/@{handle}{suffix}"))
                .await
                .refused(404, "user_not_found");
        }
    }
}

#[tokio::test]
async fn put_and_post_update_the_profile_of_the_user_of_the_token() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let path = "/api/profile/update";
    let put = alice
        .request(Method::PUT, path)
        .json(&json!({ "display_name": "Alice A.", "bio": "Hello." }));
    let answer = Answer::of(put).await.ok();
    let profile = app.get("/api/users/@alice").await.ok();
    assert_eq!(
        answer,
        json!({ "uuid": profile["uuid"], "handle": "alice", "display_name": "Alice A." })
    );
    assert_eq!(profile["bio"], "Hello.");

    // The token alone determines whose profile the request updates.
    app.user("bob").await;
    alice
        .post(
            path,
            &json!({ "display_name": "A", "handle": "bob", "bio": null }),
        )
        .await
        .ok();
    let profile = app.get("/api/users/@alice").await.ok();
    assert_eq!(
        (&profile["display_name"], &profile["bio"]),
        (&json!("A"), &json!(""))
    );
    let bob = app.get("/api/users/@bob").await.ok();
    assert_eq!(bob["display_name"], "Bob");
}

#[tokio::test]
async fn an_invalid_profile_is_refused_with_the_code_of_the_first_failed_check() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let path = "/api/profile/update";
    for (body, code) in [
        (json!({}), "display_name_blank"),
        (json!({ "display_name": " \n" }), "display_name_blank"),
        (
            json!({ "display_name": 7, "bio": "x".repeat(501) }),
            "display_name_blank",
        ),
        (
            json!({ "display_name": "x".repeat(101) }),
            "display_name_exceed_max_chars",
        ),
        (json!({ "display_name": "a\0" }), "display_name_invalid"),
        (
            json!({ "display_name": "a", "bio": "é".repeat(501) }),
            "bio_exceed_max_chars",
        ),
        (json!({ "display_name": "a", "bio": "\0" }), "bio_invalid"),
    ] {
        alice.post(path, &body).await.refused(422, code);
    }
    let longest = json!({ "display_name": "é".repeat(100), "bio": "🌊".repeat(500) });
    alice.post(path, &longest).await.ok();
    app.post(path, &json!({})).await.refused(401, "generic_401");
}
