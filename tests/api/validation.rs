//! Validation of texts: exactly one code for each mistake, and authentication before validation.

use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, id};

#[rstest]
#[case::empty(json!({ "message": "", "ttl": "1-hour" }), "message_blank")]
#[case::white_space(json!({ "message": " \t\n\u{3000}", "ttl": "1-hour" }), "message_blank")]
#[case::missing(json!({ "ttl": "1-hour" }), "message_blank")]
#[case::null(json!({ "message": null, "ttl": "1-hour" }), "message_blank")]
#[case::wrong_type(json!({ "message": 5, "ttl": "1-hour" }), "message_blank")]
#[case::nothing(json!({}), "message_blank")]
#[case::blank_before_ttl(json!({ "message": "", "ttl": "" }), "message_blank")]
#[case::too_long(json!({ "message": "x".repeat(281), "ttl": "1-hour" }), "message_exceed_max_chars")]
#[case::too_many_emoji(json!({ "message": "🦀".repeat(281), "ttl": "1-hour" }), "message_exceed_max_chars")]
#[case::length_before_ttl(json!({ "message": "x".repeat(281) }), "message_exceed_max_chars")]
#[case::nul(json!({ "message": "a\0b", "ttl": "1-hour" }), "message_invalid")]
#[case::no_ttl(json!({ "message": "hello" }), "ttl_blank")]
#[case::null_ttl(json!({ "message": "hello", "ttl": null }), "ttl_blank")]
#[case::number_ttl(json!({ "message": "hello", "ttl": 7 }), "ttl_blank")]
#[case::unknown_ttl(json!({ "message": "hello", "ttl": "2-days" }), "ttl_blank")]
#[tokio::test]
async fn an_invalid_activity_is_refused_with_one_code(#[case] body: Value, #[case] code: &str) {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    alice
        .post("/api/activities", &body)
        .await
        .refused(422, code);
    assert_eq!(
        app.database.count("select count(*) from activities").await,
        0
    );
}

#[rstest]
#[case::blank(json!({ "message": "  " }), "message_blank")]
#[case::missing(json!({}), "message_blank")]
#[case::too_long(json!({ "message": "x".repeat(1025) }), "message_exceed_max_chars_1024")]
#[case::nul(json!({ "message": "\0" }), "message_invalid")]
#[tokio::test]
async fn an_invalid_reply_is_refused_with_one_code(#[case] body: Value, #[case] code: &str) {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("hello").await;
    let path = format!("/api/activities/{}/reply", id(&post));
    alice.post(&path, &body).await.refused(422, code);
    assert_eq!(
        app.database.count("select count(*) from activities").await,
        1
    );
}

#[tokio::test]
async fn the_longest_texts_are_stored_unchanged() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    // An emoji is one scalar value and four bytes; a family of four is seven values.
    for message in [
        "x".repeat(280),
        "🦀".repeat(280),
        " padded ".to_owned(),
        "👨‍👩‍👧‍👦".repeat(40),
    ] {
        assert_eq!(
            alice.create_activity(&message).await["message"],
            json!(message)
        );
    }
    let post = alice.create_activity("hello").await;
    let message = "é".repeat(1024);
    assert_eq!(
        alice.reply(&post, &message).await["message"],
        json!(message)
    );
}

#[tokio::test]
async fn sql_and_html_in_a_message_are_stored_unchanged() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    for message in [
        "'; drop table users; --",
        "<script>alert(1)</script>",
        "%s \\ $1 {0} \u{202e}",
    ] {
        assert_eq!(
            alice.create_activity(message).await["message"],
            json!(message)
        );
    }
}

#[rstest]
#[case::create(Method::POST, "/api/activities")]
#[case::reply(
    Method::POST,
    "/api/activities/11111111-1111-4111-8111-111111111111/reply"
)]
#[case::reply_to_no_uuid(Method::POST, "/api/activities/nonsense/reply")]
#[case::delete(Method::DELETE, "/api/activities/nonsense")]
#[tokio::test]
async fn a_write_without_a_valid_token_gets_401_whatever_its_body_is(
    #[case] method: Method,
    #[case] path: &str,
) {
    let app = TestApp::start().await;
    for token in ["nonsense", "a.b.c", ""] {
        // The database has no user andrewbrown, so a request without a token is anonymous.
        let request = app
            .request(method.clone(), path)
            .body("{")
            .header("content-type", "text/plain");
        let answer = Answer::of(request.header("authorization", format!("Bearer {token}"))).await;
        answer.refused(401, "generic_401");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
}
