//! Access tokens of a user pool: the tokens that the server accepts, and how often it fetches the keys.

use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::{StreamExt, stream};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Issuer, SigningKey, TestApp, eventually, header, now};

/// Sends a write with exactly this `Authorization` header.
async fn write_with(app: &TestApp, authorization: &str) -> Answer {
    let request = app
        .request(Method::POST, "/api/activities")
        .header("Authorization", authorization)
        .json(&json!({ "message": "hello", "ttl": "7-days" }));
    Answer::of(request).await
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

fn without(mut claims: Value, name: &str) -> Value {
    claims.as_object_mut().unwrap().remove(name);
    claims
}

/// Invalid tokens, each with its name.
fn forgeries(issuer: &Issuer) -> Vec<(&'static str, String)> {
    let good = issuer.claims("sub-alice");
    let key = issuer.key();
    let rs256 = header(Some(&key.id));
    let token = issuer.token("sub-alice");
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let none = |alg: &str| {
        let head = part(&json!({ "alg": alg, "kid": key.id, "typ": "JWT" }));
        format!("{head}.{}.", part(&good))
    };
    let confused = {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(key.id.clone());
        let secret = EncodingKey::from_secret(key.public_pem().as_bytes());
        jsonwebtoken::encode(&header, &good, &secret).unwrap()
    };
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let other_payload = {
        let head = signed.split_once('.').unwrap().0;
        let bob = with(good.clone(), "sub", json!("sub-bob"));
        format!("{head}.{}.{signature}", part(&bob))
    };
    let stranger = SigningKey::generate("key-1");
    let signed_with = |claims: Value| issuer.sign(&claims);
    vec![
        ("alg none", none("none")),
        ("alg None", none("None")),
        ("HS256 with the public key as secret", confused),
        ("the known kid, another key", stranger.sign(&rs256, &good)),
        ("another payload under the signature", other_payload),
        ("no signature", format!("{signed}.")),
        ("other issuer", {
            let other = "https://cognito-idp.eu-west-3.amazonaws.com/eu-west-3_Other";
            signed_with(with(good.clone(), "iss", json!(other)))
        }),
        ("no issuer", signed_with(without(good.clone(), "iss"))),
        (
            "other client",
            signed_with(with(good.clone(), "client_id", json!("other"))),
        ),
        (
            "an id token",
            signed_with(with(
                with(good.clone(), "token_use", json!("id")),
                "aud",
                good["client_id"].clone(),
            )),
        ),
        (
            "no token_use",
            signed_with(without(good.clone(), "token_use")),
        ),
        (
            "expired",
            signed_with(with(good.clone(), "exp", json!(now() - 31))),
        ),
        ("no exp", signed_with(without(good.clone(), "exp"))),
        (
            "not yet valid",
            signed_with(with(good.clone(), "nbf", json!(now() + 60))),
        ),
        ("no sub", signed_with(without(good.clone(), "sub"))),
        (
            "an empty sub",
            signed_with(with(good.clone(), "sub", json!(""))),
        ),
        ("unknown kid", key.sign(&header(Some("unknown")), &good)),
        ("no kid", key.sign(&header(None), &good)),
        ("truncated", token[..token.len() - 10].to_owned()),
        ("one part", "hello".to_owned()),
        ("100 KB long", "x".repeat(100_000)),
        ("null", "null".to_owned()),
    ]
}

#[tokio::test]
async fn a_forged_token_cannot_write() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let alice = issuer.user(&app, "alice").await;
    alice.create_activity("this one is good").await;
    for (name, token) in forgeries(&issuer) {
        let answer = write_with(&app, &format!("Bearer {token}")).await;
        assert_eq!(
            (answer.status, &answer.body),
            (401, &json!(["generic_401"])),
            "{name}"
        );
    }
    let posted = app.database.count("select count(*) from activities").await;
    assert_eq!(posted, 1);
}

#[tokio::test]
async fn the_bearer_scheme_may_have_any_case_and_exactly_one_space_follows_it() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let token = issuer.user(&app, "alice").await.token;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        write_with(&app, &format!("{scheme} {token}")).await.ok();
    }
    for value in [
        format!("Bearer  {token}"),
        format!("Basic {token}"),
        format!("Bearer {token} {token}"),
        format!("Bearer{token}"),
        token.clone(),
        "Bearer null".to_owned(),
        "Bearer".to_owned(),
    ] {
        let answer = write_with(&app, &value).await;
        answer.refused(401, "generic_401");
    }
}

/// Actix refuses the head of the request before the server sees it.
#[tokio::test]
async fn a_token_of_a_megabyte_is_refused_with_431() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let request = app
        .request(Method::POST, "/api/activities")
        .header("Authorization", format!("Bearer {}", "x".repeat(1 << 20)))
        .json(&json!({ "message": "hi", "ttl": "1-day" }));
    // The server responds and closes the connection while the client is still sending, which the client may see as an
    // error.
    match request.send().await {
        Ok(answer) => assert_eq!(answer.status(), 431),
        Err(error) => assert!(error.is_request(), "{error:?}"),
    }
    assert_eq!(app.get("/livez").await.status, 200);
}

#[tokio::test]
async fn a_token_is_valid_although_the_clocks_differ_by_twenty_seconds() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    issuer.user(&app, "alice").await;
    let claims = issuer.claims("sub-alice");
    for (name, time) in [("exp", now() - 20), ("nbf", now() + 20)] {
        let token = issuer.sign(&with(claims.clone(), name, json!(time)));
        write_with(&app, &format!("Bearer {token}")).await.ok();
    }
}

#[tokio::test]
async fn a_public_read_with_an_invalid_token_succeeds_and_fetches_no_keys() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    for (name, token) in forgeries(&issuer) {
        let request = app.request(Method::GET, "/api/activities/home");
        let answer = Answer::of(request.bearer_auth(token)).await;
        assert_eq!(answer.status, 200, "{name}");
    }
    assert_eq!(issuer.fetches().await, 0);
}

#[tokio::test]
async fn tokens_with_a_thousand_unknown_key_ids_fetch_the_keys_once() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let alice = issuer.user(&app, "alice").await;
    let (key, claims) = (issuer.key(), issuer.claims("sub-alice"));
    let started = Instant::now();
    alice
        .create_activity("the keys are fetched for this one")
        .await;
    let forged = (0..1_000).map(|n| {
        let token = key.sign(&header(Some(&format!("unknown-{n}"))), &claims);
        let app = &app;
        async move { write_with(app, &format!("Bearer {token}")).await }
    });
    // At most 64 connections at once, since the limit of open files may be 1024.
    let answers: Vec<_> = stream::iter(forged).buffer_unordered(64).collect().await;
    for answer in answers {
        answer.refused(401, "generic_401");
    }
    let windows = 1 + usize::try_from(started.elapsed().as_secs() / 10).unwrap();
    assert!((1..=windows).contains(&issuer.fetches().await));
    alice.create_activity("not disturbed by them").await;
}

#[tokio::test]
async fn a_token_with_a_new_key_is_accepted_when_the_keys_may_be_fetched_again() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let alice = issuer.user(&app, "alice").await;
    alice.create_activity("with the first key").await;
    issuer.rotate("key-2");
    let bob = issuer.user(&app, "bob").await;
    let authorization = format!("Bearer {}", bob.token);
    eventually(async || write_with(&app, &authorization).await.status == 200).await;
    alice.create_activity("and the first goes on").await;
    assert_eq!(issuer.fetches().await, 2);
}

#[tokio::test]
async fn known_keys_stay_in_use_while_cognito_is_unreachable() {
    let mut issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let alice = issuer.user(&app, "alice").await;
    alice.create_activity("hello").await;
    issuer.go_down();
    alice.create_activity("the same token").await;
    let bob = issuer.user(&app, "bob").await;
    bob.create_activity("a new token, the old key").await;
    let unknown = issuer
        .key()
        .sign(&header(Some("key-2")), &issuer.claims("sub-bob"));
    let answer = write_with(&app, &format!("Bearer {unknown}")).await;
    answer.refused(401, "generic_401");
}

/// 401 would sign the user out although the token may be valid.
#[tokio::test]
async fn a_write_gets_503_while_no_key_could_be_fetched() {
    let mut issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let alice = issuer.user(&app, "alice").await;
    issuer.go_down();
    let body = json!({ "message": "hello", "ttl": "7-days" });
    let answer = alice.post("/api/activities", &body).await;
    answer.refused(503, "service_unavailable");
}

#[tokio::test]
async fn the_groups_in_a_token_decide_on_access_to_admin() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let claims = issuer.claims("sub-alice");
    for (groups, reading, writing) in [
        (json!(["admin"]), 200, 200),
        (json!(["others", "admin-readonly"]), 200, 403),
        (json!(["administrators", "Admin"]), 403, 403),
        (json!([]), 403, 403),
    ] {
        let token = issuer.sign(&with(claims.clone(), "cognito:groups", groups.clone()));
        let operator = app.operator(&token);
        let read = operator.get("/admin/status").await;
        let dry_run = json!({ "dry_run": true });
        let written = operator.post("/admin/migrations", &dry_run).await;
        let expected = (reading, writing);
        assert_eq!((read.status, written.status), expected, "{groups}");
    }
    let expired = issuer.sign(&with(
        with(claims, "cognito:groups", json!(["admin"])),
        "exp",
        json!(now() - 60),
    ));
    let refused = app.operator(&expired).get("/admin/status").await;
    refused.problem(401, "generic_401");
}
