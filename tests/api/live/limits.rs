//! What opens no stream: unknown topics and too many streams; and what ends one: a client that reads too slowly.

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::support::{Answer, LiveStream, TestApp, eventually, resident_memory};

#[tokio::test]
async fn unknown_topics_and_users_are_refused() {
    let app = TestApp::start().await;
    let many: Vec<String> = (0..21).map(|number| format!("@u{number}")).collect();
    for (query, status, code) in [
        ("", 400, "malformed_query"),
        ("topics=", 400, "malformed_query"),
        ("topics=home,everything", 400, "malformed_query"),
        (
            &format!("topics={}", many.join(",")),
            400,
            "malformed_query",
        ),
        ("topics=activity:x", 400, "malformed_uuid"),
        ("topics=@nobody", 404, "user_not_found"),
        ("topics=@%00", 404, "user_not_found"),
    ] {
        let answer = app.get(&format!("/api/live?{query}")).await;
        answer.refused(status, code);
    }
    app.post("/api/live", &json!({}))
        .await
        .refused(405, "method_not_allowed");
    // What has just gone still has a thread.
    let gone = format!("topics=activity:{}", uuid::Uuid::new_v4());
    LiveStream::open(&app, &gone).await;
}

#[tokio::test]
async fn the_head_of_a_stream_ends() {
    let app = TestApp::start().await;
    let answer = Answer::of(app.request(Method::HEAD, "/api/live?topics=home")).await;
    assert_eq!(answer.status, 200);
}

/// A server whose other limits do not matter.
async fn limited(settings: &[(&str, &str)]) -> TestApp {
    let mut all = vec![("RATE_LIMIT", "on"), ("TRUSTED_PROXIES", "127.0.0.1")];
    all.extend(settings);
    TestApp::start_with(&all).await
}

#[tokio::test]
async fn a_user_has_ten_streams_and_gets_another_one_when_one_is_closed() {
    let app = limited(&[]).await;
    let alice = app.user("alice").await;
    let open = || alice.request(Method::GET, "/api/live?topics=home");
    let mut streams = Vec::new();
    for _ in 0..10 {
        streams.push(LiveStream::of(open()).await);
    }
    let refused = Answer::of(open()).await;
    refused.refused(429, "rate_limited");
    assert!(refused.header("retry-after").is_some());
    streams.pop();
    eventually(async || {
        open()
            .send()
            .await
            .is_ok_and(|response| response.status() == 200)
    })
    .await;
}

#[tokio::test]
async fn an_address_has_fifty_streams() {
    let app = limited(&[]).await;
    let open = |address: &str| {
        let request = app.request(Method::GET, "/api/live?topics=home");
        request.header("x-forwarded-for", address)
    };
    let mut streams = Vec::new();
    for _ in 0..50 {
        streams.push(LiveStream::of(open("192.0.2.1")).await);
    }
    Answer::of(open("192.0.2.1"))
        .await
        .refused(429, "rate_limited");
    LiveStream::of(open("192.0.2.2")).await;
}

#[tokio::test]
async fn a_server_has_as_many_streams_as_its_setting_says() {
    let app = TestApp::start_with(&[("LIVE_MAX_STREAMS", "1")]).await;
    let stream = LiveStream::open(&app, "topics=home").await;
    let refused = app.get("/api/live?topics=home").await;
    refused.refused(503, "service_unavailable");
    assert!(refused.header("retry-after").is_some());
    assert!(shows(&app, "cruddur_live_streams 1").await);
    assert!(shows(&app, "cruddur_live_refused_streams_total 1").await);
    drop(stream);
    eventually(async || shows(&app, "cruddur_live_streams 0").await).await;
    LiveStream::open(&app, "topics=home").await;
}

/// Whether a line of the metrics begins with the text.
async fn shows(app: &TestApp, text: &str) -> bool {
    let metrics = app.get("/metrics").await.body;
    let metrics = metrics.as_str().expect("a text");
    metrics.lines().any(|line| line.starts_with(text))
}

#[tokio::test]
async fn the_metrics_count_streams_that_go_on_and_those_that_cannot() {
    let app = TestApp::start().await;
    let elsewhere = TestApp::start().await;
    let own = LiveStream::open(&app, "topics=home").await.id;
    let foreign = LiveStream::open(&elsewhere, "topics=home").await.id;
    for cursor in [&own, &foreign, &own] {
        LiveStream::open(&app, &format!("topics=home&after={cursor}")).await;
    }
    assert!(shows(&app, "cruddur_live_resumed_streams_total 2").await);
    assert!(shows(&app, "cruddur_live_not_resumed_streams_total 1").await);
}

#[tokio::test]
async fn a_client_that_reads_too_slowly_is_told_to_load_again_and_its_stream_ends() {
    let app = TestApp::start().await;
    app.insert_user("alice").await;
    let socket = TcpSocket::new_v4().unwrap();
    // The kernel keeps little for it.
    socket.set_recv_buffer_size(4_096).unwrap();
    let address = format!("127.0.0.1:{}", app.port).parse().unwrap();
    let mut slow: TcpStream = socket.connect(address).await.unwrap();
    slow.write_all(
        b"GET /api/live?topics=home HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    )
    .await
    .unwrap();
    let mut begin = vec![0; 1_024];
    assert!(slow.read(&mut begin).await.unwrap() > 0);
    let mut quick = LiveStream::open(&app, "topics=home").await;
    for part in 0..10 {
        app.database
            .execute(&format!(
                "insert into activities (user_uuid, message, expires_at)
                 select uuid, repeat('€', 270) || n, now() + interval '1 hour'
                 from users cross join generate_series({part} * 100 + 1, {part} * 100 + 100) as n"
            ))
            .await;
        for _ in 0..100 {
            assert_eq!(quick.expect().await.name, "activity");
        }
    }
    let mut rest = Vec::new();
    // Ends when the server closes the connection.
    let _ = slow.read_to_end(&mut rest).await;
    let text = String::from_utf8_lossy(&rest);
    assert!(text.matches("event: activity").count() < 1_000);
    let (_, last) = text.rsplit_once("event: ").expect("an event");
    assert!(last.starts_with("resync"), "{last}");
    assert!(shows(&app, "cruddur_live_slow_streams_total 1").await);
}

/// A debug build uses more memory for a connection than a release build.
const MAX_STREAM_MEMORY: u64 = 32;

#[tokio::test]
async fn open_streams_use_little_memory() {
    let app = TestApp::start().await;
    let mut streams = vec![LiveStream::open(&app, "topics=home").await];
    let before = resident_memory(&app);
    let count = 500;
    for _ in 0..count {
        streams.push(LiveStream::open(&app, "topics=home").await);
    }
    let grown = resident_memory(&app).saturating_sub(before);
    assert!(
        grown <= count * MAX_STREAM_MEMORY,
        "{} KiB each",
        grown / count
    );
}
