//! CORS: the origins whose pages may read responses and the origins whose pages may write.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, TestApp};

const FRONTEND: &str = "http://localhost:3000";
const FOREIGN: &str = "https://evil.example";

async fn get(app: &TestApp, path: &str, origin: &str) -> Answer {
    Answer::of(app.request(Method::GET, path).header("origin", origin)).await
}

#[tokio::test]
async fn only_configured_origins_may_read_responses_and_errors() {
    let app = TestApp::start_with(&[(
        "FRONTEND_URL",
        "https://cruddur.example, http://localhost:3000/",
    )])
    .await;
    for path in [
        "/api/activities/home",
        "/api/activities/nonsense",
        "/api/nothing",
        "/readyz",
    ] {
        for origin in [FRONTEND, "https://cruddur.example"] {
            let answer = get(&app, path, origin).await;
            assert_eq!(
                answer.header("access-control-allow-origin"),
                Some(origin),
                "{path}"
            );
            let exposed = answer
                .header("access-control-expose-headers")
                .unwrap()
                .to_lowercase();
            for header in [
                "authorization",
                "etag",
                "link",
                "retry-after",
                "ratelimit",
                "ratelimit-policy",
                "x-request-id",
            ] {
                assert!(
                    exposed.split(", ").any(|exposed| exposed == header),
                    "{header}"
                );
            }
        }
        for origin in [
            FOREIGN,
            "null",
            "http://localhost:3001",
            "https://localhost:3000",
        ] {
            let answer = get(&app, path, origin).await;
            assert_eq!(
                answer.header("access-control-allow-origin"),
                None,
                "{path} {origin}"
            );
        }
    }
}

#[tokio::test]
async fn a_preflight_response_lists_the_methods_and_headers_of_the_api() {
    let app = TestApp::start().await;
    let preflight = |origin: &'static str, method: &'static str| {
        Answer::of(
            app.request(Method::OPTIONS, "/api/activities")
                .header("origin", origin)
                .header("access-control-request-method", method)
                .header(
                    "access-control-request-headers",
                    "content-type, idempotency-key, traceparent",
                ),
        )
    };
    let answer = preflight(FRONTEND, "DELETE").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(FRONTEND));
    let sorted = |name: &str| {
        let mut names: Vec<String> = answer
            .header(name)
            .unwrap()
            .split(", ")
            .map(str::to_lowercase)
            .collect();
        names.sort();
        names.join(" ")
    };
    assert_eq!(
        sorted("access-control-allow-methods"),
        "delete get head options post put"
    );
    assert_eq!(
        sorted("access-control-allow-headers"),
        "accept authorization content-type idempotency-key if-none-match traceparent"
    );
    preflight(FOREIGN, "DELETE")
        .await
        .refused(403, "generic_403");
    preflight(FRONTEND, "PATCH")
        .await
        .refused(403, "generic_403");
}

#[tokio::test]
async fn a_page_of_a_foreign_origin_cannot_write() {
    let app = TestApp::start().await;
    app.user("andrewbrown").await;
    let body = json!({ "message": "hello", "ttl": "1-hour" });
    let post = |origin: String| {
        let request = app.request(Method::POST, "/api/activities").json(&body);
        Answer::of(request.header("origin", origin))
    };
    post(FOREIGN.to_owned()).await.refused(403, "generic_403");
    post("null".to_owned()).await.refused(403, "generic_403");
    post(FRONTEND.to_owned()).await.ok();
    post(app.url("")).await.ok();
    assert_eq!(
        app.database.count("select count(*) from activities").await,
        2
    );
}
