//! Just-in-time provisioning: the first request of a user of the user pool inserts the row that the trigger missed.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Issuer, TestApp, User, id};

const ADA: [(&str, &str); 4] = [
    ("sub", "sub-ada"),
    ("preferred_username", "ada"),
    ("name", "Ada Lovelace"),
    ("email", "ada@example.com"),
];

/// A user with a valid token and without a row in `users`.
fn unprovisioned_user<'app>(app: &'app TestApp, issuer: &Issuer) -> User<'app> {
    User {
        app,
        handle: "ada".to_owned(),
        token: issuer.token("sub-ada"),
    }
}

async fn post(user: &User<'_>) -> Answer {
    let body = json!({ "message": "hello", "ttl": "7-days" });
    user.post("/api/activities", &body).await
}

#[tokio::test]
async fn the_first_write_of_a_user_of_the_pool_provisions_the_user() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let ada = unprovisioned_user(&app, &issuer);
    issuer.set_user_attributes(&ada.token, &ADA).await;
    let activity = post(&ada).await.ok();
    assert_eq!(activity["handle"], "ada");
    assert_eq!(activity["display_name"], "Ada Lovelace");
    ada.reply(&activity, "no request for the second write")
        .await;
    assert_eq!(issuer.get_user_requests().await, 1);
    assert_eq!(
        app.database
            .count("select count(*) from users where email = 'ada@example.com'")
            .await,
        1
    );
}

#[tokio::test]
async fn a_reply_provisions_a_user_without_a_row() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let bob = issuer.user(&app, "bob").await;
    let activity = bob.create_activity("hello").await;
    let ada = unprovisioned_user(&app, &issuer);
    issuer.set_user_attributes(&ada.token, &ADA).await;
    assert_eq!(ada.reply(&activity, "hello").await["handle"], "ada");
}

#[tokio::test]
async fn a_like_or_a_repost_provisions_a_user_without_a_row() {
    for kind in ["like", "repost"] {
        let issuer = Issuer::start().await;
        let app = TestApp::start_with(&issuer.settings()).await;
        let bob = issuer.user(&app, "bob").await;
        let activity = bob.create_activity("hello").await;
        let path = format!("/api/activities/{}/{kind}", id(&activity));
        let ada = unprovisioned_user(&app, &issuer);
        ada.put(&path).await.refused(403, "cognito_user_id_blank");
        issuer.set_user_attributes(&ada.token, &ADA).await;
        let changed = ada.put(&path).await.ok();
        assert_eq!(changed[format!("{kind}s_count")], 1);
        let list = app.get(&format!("{path}s")).await.ok();
        assert_eq!(list[0]["display_name"], "Ada Lovelace");
    }
}

#[tokio::test]
async fn a_user_without_a_row_who_reads_their_own_profile_is_provisioned() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let ada = unprovisioned_user(&app, &issuer);
    ada.get("/api/profile")
        .await
        .refused(403, "cognito_user_id_blank");
    issuer.set_user_attributes(&ada.token, &ADA).await;
    let profile = ada.get("/api/profile").await.ok();
    assert_eq!(
        (&profile["handle"], &profile["display_name"]),
        (&json!("ada"), &json!("Ada Lovelace"))
    );
    assert_eq!(ada.get("/api/profile").await.ok(), profile);
}

#[tokio::test]
async fn a_profile_update_or_a_message_provisions_a_user_without_a_row() {
    let profile = json!({ "display_name": "Countess", "bio": "" });
    let message = json!({ "message": "hello", "user_receiver_handle": "bob" });
    for (path, body) in [("/api/profile/update", profile), ("/api/messages", message)] {
        let issuer = Issuer::start().await;
        let app = TestApp::start_with(&issuer.settings()).await;
        app.insert_user("bob").await;
        let ada = unprovisioned_user(&app, &issuer);
        ada.post(path, &body)
            .await
            .refused(403, "cognito_user_id_blank");
        issuer.set_user_attributes(&ada.token, &ADA).await;
        assert_eq!(ada.post(path, &body).await.ok()["handle"], "ada", "{path}");
    }
}

#[tokio::test]
async fn a_repeated_write_under_a_key_provisions_its_user_and_posts_once() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let ada = unprovisioned_user(&app, &issuer);
    issuer.set_user_attributes(&ada.token, &ADA).await;
    let post = async || {
        let request = ada
            .request(Method::POST, "/api/activities")
            .header("Idempotency-Key", "the-first")
            .json(&json!({ "message": "hello", "ttl": "7-days" }));
        Answer::of(request).await.ok()
    };
    assert_eq!(post().await, post().await);
    let posted = app.database.count("select count(*) from activities").await;
    assert_eq!(posted, 1);
}

#[tokio::test]
async fn a_user_without_a_row_can_read_and_cannot_delete() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let bob = issuer.user(&app, "bob").await;
    let activity = bob.create_activity("hello").await;
    let ada = unprovisioned_user(&app, &issuer);
    for path in [
        "/api/activities/home",
        "/api/activities/notifications",
        "/api/notifications",
        "/api/notifications/unread",
        "/api/message_groups",
        "/api/messages/@bob",
    ] {
        ada.get(path).await.ok();
    }
    let path = format!("/api/activities/{}", id(&activity));
    ada.delete(&path).await.refused(403, "generic_403");
}

#[tokio::test]
async fn concurrent_first_writes_of_a_user_insert_one_row() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let ada = unprovisioned_user(&app, &issuer);
    issuer.set_user_attributes(&ada.token, &ADA).await;
    for answer in futures_util::future::join_all((0..8).map(|_| post(&ada))).await {
        assert_eq!(answer.ok()["handle"], "ada");
    }
    assert_eq!(app.database.count("select count(*) from users").await, 1);
}

#[tokio::test]
async fn a_write_is_refused_if_the_user_pool_does_not_confirm_the_user() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let ada = unprovisioned_user(&app, &issuer);
    post(&ada).await.refused(403, "cognito_user_id_blank");

    let mut another_sub = ADA;
    another_sub[0].1 = "sub-another";
    let nameless = &ADA[..2];
    for attributes in [&another_sub[..], nameless, &[]] {
        let issuer = Issuer::start().await;
        let app = TestApp::start_with(&issuer.settings()).await;
        let ada = unprovisioned_user(&app, &issuer);
        issuer.set_user_attributes(&ada.token, attributes).await;
        post(&ada).await.refused(403, "cognito_user_id_blank");
        assert_eq!(app.database.count("select count(*) from users").await, 0);
    }
}

#[tokio::test]
async fn a_write_that_needs_provisioning_is_refused_while_cognito_is_unreachable() {
    let mut issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let bob = issuer.user(&app, "bob").await;
    bob.create_activity("the server fetches the keys").await;
    let ada = unprovisioned_user(&app, &issuer);
    issuer.go_down();
    post(&ada).await.refused(403, "cognito_user_id_blank");
}

#[tokio::test]
async fn an_invalid_body_is_refused_without_a_request_to_the_user_pool() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let ada = unprovisioned_user(&app, &issuer);
    let answer = ada
        .post("/api/activities", &json!({ "message": " " }))
        .await;
    answer.refused(422, "message_blank");
    assert_eq!(issuer.get_user_requests().await, 0);
}

#[tokio::test]
async fn provisioning_logs_neither_the_token_nor_the_attributes_of_the_user() {
    let issuer = Issuer::start().await;
    let mut settings = issuer.settings();
    settings.push(("RUST_LOG", "trace"));
    let app = TestApp::start_with(&settings).await;
    let ada = unprovisioned_user(&app, &issuer);
    issuer.set_user_attributes(&ada.token, &ADA).await;
    post(&ada).await.ok();
    let signature = ada.token.rsplit_once('.').unwrap().1;
    let log = app.log_until("\"path\":\"/api/activities\"");
    assert!(log.contains("inserted a user of the user pool"), "{log}");
    for secret in [signature, "ada@example.com", "Lovelace"] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}
