//! People with a valid token whom the trigger has missed.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Issuer, TestApp, User, id};

const ADA: [(&str, &str); 4] = [
    ("sub", "sub-ada"),
    ("preferred_username", "ada"),
    ("name", "Ada Lovelace"),
    ("email", "ada@example.com"),
];

/// Somebody with a good token and no row.
fn newcomer<'app>(app: &'app TestApp, issuer: &Issuer) -> User<'app> {
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
async fn a_newcomer_whom_the_user_pool_knows_can_write_at_once() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let ada = newcomer(&app, &issuer);
    issuer.vouch_for(&ada.token, &ADA).await;
    let activity = post(&ada).await.ok();
    assert_eq!(activity["handle"], "ada");
    assert_eq!(activity["display_name"], "Ada Lovelace");
    ada.reply(&activity, "the second write asks nobody").await;
    assert_eq!(issuer.questions().await, 1);
    assert_eq!(
        app.database
            .count("select count(*) from users where email = 'ada@example.com'")
            .await,
        1
    );
}

#[tokio::test]
async fn a_newcomer_can_begin_with_a_reply() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let bob = issuer.user(&app, "bob").await;
    let activity = bob.create_activity("hello").await;
    let ada = newcomer(&app, &issuer);
    issuer.vouch_for(&ada.token, &ADA).await;
    assert_eq!(ada.reply(&activity, "hello").await["handle"], "ada");
}

#[tokio::test]
async fn a_newcomer_can_begin_with_any_other_write() {
    let profile = json!({ "display_name": "Countess", "bio": "" });
    let message = json!({ "message": "hello", "user_receiver_handle": "bob" });
    for (path, body) in [("/api/profile/update", profile), ("/api/messages", message)] {
        let issuer = Issuer::start().await;
        let app = TestApp::start_with(&issuer.settings()).await;
        app.insert_user("bob").await;
        let ada = newcomer(&app, &issuer);
        ada.post(path, &body)
            .await
            .refused(403, "cognito_user_id_blank");
        issuer.vouch_for(&ada.token, &ADA).await;
        assert_eq!(ada.post(path, &body).await.ok()["handle"], "ada", "{path}");
    }
}

#[tokio::test]
async fn a_newcomer_can_repeat_the_first_write_safely() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let ada = newcomer(&app, &issuer);
    issuer.vouch_for(&ada.token, &ADA).await;
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
async fn reading_as_a_newcomer_is_no_failure() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let bob = issuer.user(&app, "bob").await;
    let activity = bob.create_activity("hello").await;
    let ada = newcomer(&app, &issuer);
    for path in [
        "/api/activities/home",
        "/api/activities/notifications",
        "/api/message_groups",
        "/api/messages/@bob",
    ] {
        ada.get(path).await.ok();
    }
    let path = format!("/api/activities/{}", id(&activity));
    ada.delete(&path).await.refused(403, "generic_403");
}

#[tokio::test]
async fn many_first_writes_at_once_make_one_person() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let ada = newcomer(&app, &issuer);
    issuer.vouch_for(&ada.token, &ADA).await;
    for answer in futures_util::future::join_all((0..8).map(|_| post(&ada))).await {
        assert_eq!(answer.ok()["handle"], "ada");
    }
    assert_eq!(app.database.count("select count(*) from users").await, 1);
}

#[tokio::test]
async fn whom_the_user_pool_does_not_vouch_for_is_refused() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let ada = newcomer(&app, &issuer);
    post(&ada).await.refused(403, "cognito_user_id_blank");

    let mut another = ADA;
    another[0].1 = "sub-another";
    let nameless = &ADA[..2];
    for attributes in [&another[..], nameless, &[]] {
        let issuer = Issuer::start().await;
        let app = TestApp::start_with(&issuer.settings()).await;
        let ada = newcomer(&app, &issuer);
        issuer.vouch_for(&ada.token, attributes).await;
        post(&ada).await.refused(403, "cognito_user_id_blank");
        assert_eq!(app.database.count("select count(*) from users").await, 0);
    }
}

#[tokio::test]
async fn a_newcomer_while_cognito_is_away_is_refused() {
    let mut issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let bob = issuer.user(&app, "bob").await;
    bob.create_activity("now the keys are known").await;
    let ada = newcomer(&app, &issuer);
    issuer.go_down();
    post(&ada).await.refused(403, "cognito_user_id_blank");
}

#[tokio::test]
async fn a_bad_body_asks_nobody() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let ada = newcomer(&app, &issuer);
    let answer = ada
        .post("/api/activities", &json!({ "message": " " }))
        .await;
    answer.refused(422, "message_blank");
    assert_eq!(issuer.questions().await, 0);
}

#[tokio::test]
async fn the_log_holds_neither_token_nor_address() {
    let issuer = Issuer::start().await;
    let mut settings = issuer.settings();
    settings.push(("RUST_LOG", "trace"));
    let app = TestApp::start_with(&settings).await;
    let ada = newcomer(&app, &issuer);
    issuer.vouch_for(&ada.token, &ADA).await;
    post(&ada).await.ok();
    let signature = ada.token.rsplit_once('.').unwrap().1;
    let log = app.log_until("\"path\":\"/api/activities\"");
    assert!(log.contains("inserted a user on the first write"), "{log}");
    for secret in [signature, "ada@example.com", "Lovelace"] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}
