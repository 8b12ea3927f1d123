//! The request id, entity tag and compression of every response, and the time-outs of connections.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::Method;

use crate::support::{Answer, TestApp};

#[tokio::test]
async fn a_read_with_a_known_entity_tag_answers_304_until_the_data_changes() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    alice.create_activity("one").await;
    let first = app.get("/api/activities/home").await;
    let tag = first.header("etag").unwrap().to_owned();
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    assert_eq!(
        first.header("vary"),
        Some("Origin, Accept, Accept-Encoding, Authorization")
    );

    let again = || {
        let request = app.request(Method::GET, "/api/activities/home");
        Answer::of(request.header("if-none-match", format!("\"other\", {tag}")))
    };
    let unchanged = again().await;
    assert_eq!((unchanged.status, unchanged.body.as_str()), (304, Some("")));
    assert_eq!(unchanged.header("etag"), Some(&*tag));
    alice.create_activity("two").await;
    assert_eq!(again().await.status, 200);
}

#[tokio::test]
async fn every_get_of_the_api_responds_with_an_entity_tag() {
    let app = TestApp::start().await;
    for path in [
        "/api/health-check",
        "/api/config",
        "/api/dev/users",
        "/api/activities/home",
    ] {
        let answer = app.get(path).await;
        assert!(answer.header("etag").is_some(), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-cache"), "{path}");
    }
}

#[tokio::test]
async fn head_responds_like_get_without_the_body() {
    let app = TestApp::start().await;
    app.user("alice").await.create_activity("hello").await;
    let get = app.get("/api/activities/home").await;
    let head = Answer::of(app.request(Method::HEAD, "/api/activities/home")).await;
    assert_eq!((head.status, head.body.as_str()), (200, Some("")));
    assert_eq!(head.header("etag"), get.header("etag"));
    assert_eq!(head.header("content-length"), get.header("content-length"));
}

#[tokio::test]
async fn a_long_response_is_compressed_for_clients_that_accept_it() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    for _ in 0..20 {
        alice.create_activity(&"hello ".repeat(40)).await;
    }
    let whole = app.get("/api/activities/home").await;
    for encoding in ["gzip", "br", "zstd"] {
        let request = app.request(Method::GET, "/api/activities/home");
        let answer = Answer::of(request.header("accept-encoding", encoding)).await;
        assert_eq!(answer.header("content-encoding"), Some(encoding));
        assert_eq!(
            answer.header("etag"),
            whole.header("etag"),
            "the tag is of the data"
        );
    }
}

#[tokio::test]
async fn a_request_keeps_a_valid_request_id_and_gets_a_new_one_otherwise() {
    let app = TestApp::start().await;
    let send_with_id = |id: &'static str| {
        Answer::of(
            app.request(Method::GET, "/livez")
                .header("x-request-id", id),
        )
    };
    assert_eq!(
        send_with_id("abc-123").await.header("x-request-id"),
        Some("abc-123")
    );
    let made = app
        .get("/livez")
        .await
        .header("x-request-id")
        .unwrap()
        .to_owned();
    assert_eq!(made.len(), 36);
    assert_ne!(
        send_with_id("with\tcontrol {}")
            .await
            .header("x-request-id"),
        Some("with\tcontrol {}")
    );
}

#[tokio::test]
async fn a_connection_that_does_not_finish_its_request_head_is_closed_with_408() {
    let app = TestApp::start().await;
    let mut socket = TcpStream::connect(("127.0.0.1", app.port)).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    socket
        .write_all(b"GET /livez HTTP/1.1\r\nhost: local")
        .unwrap();
    let answer = tokio::task::spawn_blocking(move || {
        let mut answer = String::new();
        socket.read_to_string(&mut answer).map(|_| answer)
    });
    let answer = answer.await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn a_request_whose_body_never_arrives_gets_503_at_its_deadline() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let mut socket = TcpStream::connect(("127.0.0.1", app.port)).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let head = format!(
        "POST /api/activities HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: 100\r\n\r\n{{",
        alice.token
    );
    socket.write_all(head.as_bytes()).unwrap();
    let answer = tokio::task::spawn_blocking(move || {
        let mut answer = vec![0; 4096];
        let length = socket.read(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[..length]).into_owned()
    });
    let answer = answer.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("[\"service_unavailable\"]"), "{answer}");
}
