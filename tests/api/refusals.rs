//! The errors that every route shares, as an array of codes and as problem details.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use crate::support::{Answer, TestApp};

#[rstest]
#[case::no_body("", "application/json", 400, "malformed_json")]
#[case::cut_short("{\"message\":", "application/json", 400, "malformed_json")]
#[case::array("[\"hello\",\"1-hour\"]", "application/json", 400, "malformed_json")]
#[case::string("\"hello\"", "application/json", 400, "malformed_json")]
#[case::null("null", "application/json", 400, "malformed_json")]
#[case::lone_surrogate("{\"message\":\"\\ud800\"}", "application/json", 400, "malformed_json")]
#[case::trailing("{} {}", "application/json", 400, "malformed_json")]
#[case::form(
    "message=hello",
    "application/x-www-form-urlencoded",
    415,
    "unsupported_media_type"
)]
#[case::text("{}", "text/plain", 415, "unsupported_media_type")]
#[case::charset("{}", "application/json; charset=utf-8", 422, "message_blank")]
#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused(
    #[case] body: &'static str,
    #[case] content_type: &str,
    #[case] status: u16,
    #[case] code: &str,
) {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let request = alice.request(Method::POST, "/api/activities");
    let answer = Answer::of(request.header("content-type", content_type).body(body)).await;
    answer.refused(status, code);
}

#[tokio::test]
async fn a_body_without_a_content_type_is_refused_unless_it_is_empty() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = || alice.request(Method::POST, "/api/activities");
    Answer::of(post().body("{}"))
        .await
        .refused(415, "unsupported_media_type");
    Answer::of(post()).await.refused(400, "malformed_json");
}

#[tokio::test]
async fn hostile_bodies_are_refused_and_the_server_stays_ready() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = |body: Vec<u8>| {
        let request = alice.request(Method::POST, "/api/activities");
        Answer::of(
            request
                .header("content-type", "application/json")
                .body(body),
        )
    };
    post(b"{\"message\":\"\xff\xfe\"}".to_vec())
        .await
        .refused(400, "malformed_json");
    let deep = format!("{{\"message\":{}", "[".repeat(10_000));
    post(deep.into_bytes()).await.refused(400, "malformed_json");
    let large = json!({ "message": "x".repeat(17 * 1024), "ttl": "1-hour" });
    post(large.to_string().into_bytes())
        .await
        .refused(413, "payload_too_large");
    assert_eq!(app.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn the_size_limit_of_a_body_applies_after_decompression() {
    use std::io::Write;
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(&vec![b' '; 10 << 20]).unwrap();
    let request = alice
        .request(Method::POST, "/api/activities")
        .header("content-type", "application/json")
        .header("content-encoding", "gzip")
        .body(packer.finish().unwrap());
    Answer::of(request).await.refused(413, "payload_too_large");
}

#[rstest]
#[case("/api/activities/nonsense", 400, "malformed_uuid")]
#[case(
    "/api/activities/1111111111114111811111111111111",
    400,
    "malformed_uuid"
)]
#[case("/api/activities/@alice/status/nonsense", 400, "malformed_uuid")]
#[case("/api/activities/home?limit=0", 400, "malformed_query")]
#[case("/api/activities/home?limit=101", 400, "malformed_query")]
#[case("/api/activities/home?limit=abc", 400, "malformed_query")]
#[case("/api/activities/home?limit=", 400, "malformed_query")]
#[case("/api/activities/home?limit=-1", 400, "malformed_query")]
#[case("/api/activities/home?before=nonsense", 400, "malformed_cursor")]
#[case("/api/activities/home?before=", 400, "malformed_cursor")]
#[case("/api/activities/@alice?limit=0", 400, "malformed_query")]
#[case(
    "/api/activities/11111111-1111-4111-8111-111111111111?after=x",
    400,
    "malformed_cursor"
)]
#[case("/api/nothing", 404, "route_not_found")]
#[case("/api", 404, "route_not_found")]
#[case("/nothing", 404, "route_not_found")]
#[case("/api/activities/home/nothing", 404, "route_not_found")]
#[tokio::test]
async fn a_malformed_path_or_query_is_refused(
    #[case] path: &str,
    #[case] status: u16,
    #[case] code: &str,
) {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.get(path).await.refused(status, code);
}

#[tokio::test]
async fn an_unsupported_method_gets_405_with_the_supported_ones_in_allow() {
    let app = TestApp::start().await;
    let answer = Answer::of(app.request(Method::PATCH, "/api/activities/home")).await;
    answer.refused(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    let answer = Answer::of(app.request(Method::GET, "/api/activities")).await;
    answer.refused(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), Some("POST"));
}

#[tokio::test]
async fn a_client_that_does_not_accept_json_gets_406() {
    let app = TestApp::start().await;
    let get = |accept| {
        Answer::of(
            app.request(Method::GET, "/api/activities/home")
                .header("accept", accept),
        )
    };
    get("text/html").await.refused(406, "not_acceptable");
    get("application/json;q=0")
        .await
        .refused(406, "not_acceptable");
    for accept in ["*/*", "application/*", "text/html, application/json;q=0.5"] {
        assert_eq!(get(accept).await.status, 200, "{accept}");
    }
}

#[tokio::test]
async fn a_client_that_accepts_problem_details_gets_them_with_the_same_code() {
    let app = TestApp::start().await;
    let request = app.request(Method::GET, "/api/activities/nonsense");
    let answer = Answer::of(request.header("accept", "application/problem+json")).await;
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(answer.status, 400);
    insta::assert_json_snapshot!(answer.body, @r#"
    {
      "code": "malformed_uuid",
      "status": 400,
      "title": "The id in the path or the body must be a uuid.",
      "type": "about:blank"
    }
    "#);
}

#[tokio::test]
async fn the_response_to_an_internal_error_does_not_contain_its_cause() {
    let app = TestApp::start().await;
    app.database
        .execute(
            "create function fail() returns trigger language plpgsql as
             $$ begin raise exception 'the secret cause'; end $$;
             create trigger fail before insert on activities execute function fail()",
        )
        .await;
    let alice = app.user("alice").await;
    let body = json!({ "message": "hello", "ttl": "1-hour" });
    let answer = alice.post("/api/activities", &body).await;
    answer.refused(500, "generic_500");
    assert!(
        app.wait_for_log("\"level\":\"ERROR\"")
            .contains("the secret cause")
    );
}

#[tokio::test]
async fn a_database_without_its_tables_gives_503_and_not_500() {
    let app = TestApp::start().await;
    app.database.execute("drop table activities cascade").await;
    let answer = app.get("/api/activities/home").await;
    answer.refused(503, "service_unavailable");
    assert!(answer.header("retry-after").is_some());
}
