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
