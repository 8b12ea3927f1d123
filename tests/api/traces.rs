//! Traces: the spans that a fake OpenTelemetry collector receives.

use std::net::TcpListener;

use reqwest::Method;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{Answer, TestApp, cruddur};

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

async fn collector() -> MockServer {
    let collector = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/traces"))
        .and(header("authorization", "Bearer a+key"))
        .respond_with(ResponseTemplate::new(200))
        .expect(1..)
        .mount(&collector)
        .await;
    collector
}

/// Sends a search with a `traceparent`, stops the server, and returns the spans that the collector has received.
async fn search(collector: &MockServer, sampler: &str, is_sampled: bool) -> Vec<u8> {
    let app = TestApp::start_with(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.uri()),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "authorization=Bearer%20a+key,x-other=1",
        ),
        ("OTEL_TRACES_SAMPLER", sampler),
        ("OTEL_TRACES_SAMPLER_ARG", "0"),
    ])
    .await;
    let flags = if is_sampled { "01" } else { "00" };
    let parent = format!("00-{TRACE_ID}-00f067aa0ba902b7-{flags}");
    let request = app.request(Method::GET, "/api/activities/search?term=secret");
    Answer::of(
        request
            .header("traceparent", parent)
            .header("x-request-id", "find-me"),
    )
    .await
    .ok();
    let metrics = app.get("/metrics").await.body;
    let bucket = metrics.as_str().unwrap().lines().find(|line| {
        line.starts_with("cruddur_http_request_duration_seconds_bucket")
            && line.contains("/api/activities/search")
            && line.contains(&format!("# {{trace_id=\"{TRACE_ID}\"}}"))
    });
    assert_eq!(
        bucket.is_some(),
        is_sampled,
        "a sampled trace is the exemplar of its latency"
    );
    app.terminate();
    assert!(app.wait_for_exit().success());
    let requests = collector.received_requests().await.unwrap();
    requests
        .into_iter()
        .flat_map(|request| request.body)
        .collect()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn a_request_is_a_span_in_its_callers_trace_and_an_exemplar_and_without_its_query() {
    let spans = search(&collector().await, "", true).await;
    let trace_id: Vec<u8> = (0..16)
        .map(|byte| u8::from_str_radix(&TRACE_ID[2 * byte..2 * byte + 2], 16).unwrap())
        .collect();
    assert!(holds(&spans, &trace_id), "the caller's trace");
    for part in ["GET /api/activities/search", "find-me", "service.name"] {
        assert!(holds(&spans, part.as_bytes()), "{part} is missing");
    }
    assert!(!holds(&spans, b"secret"));
}

#[tokio::test]
async fn the_sampler_decides_which_requests_are_traced() {
    let collector = collector().await;
    for (sampler, is_sampled) in [
        ("always_off", true),
        ("parentbased_always_on", false),
        ("traceidratio", true),
    ] {
        let spans = search(&collector, sampler, is_sampled).await;
        assert!(!holds(&spans, b"find-me"), "{sampler}");
    }
    let spans = search(&collector, "parentbased_traceidratio", true).await;
    assert!(holds(&spans, b"find-me"));
}

#[tokio::test]
async fn an_unreachable_collector_is_logged_once_and_the_server_still_responds() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    let endpoint = format!("http://{}", unused.unwrap());
    let app = TestApp::start_with(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]).await;
    app.get("/api/activities/home").await.ok();
    app.terminate();
    let log = app.whole_log();
    assert_eq!(log.matches("traces were not sent").count(), 1, "{log}");
    assert!(app.wait_for_exit().success());
}

#[test]
fn a_server_with_an_invalid_traces_setting_names_it_and_does_not_start() {
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:pw@localhost:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost/?key=pw"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "no key: pw"),
        ("OTEL_TRACES_SAMPLER", "sometimes"),
        ("OTEL_TRACES_SAMPLER_ARG", "10"),
    ] {
        let serve = cruddur(&["serve"])
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318")
            .env(name, value)
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&serve.stderr);
        assert!(!serve.status.success());
        assert!(error.contains(name) && !error.contains("pw"), "{error}");
    }
}
