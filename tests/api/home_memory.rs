//! The memory of the pages of home that the server keeps, and of those that clients do not read.

use std::cell::{Cell, RefCell};

use futures_util::future::join_all;
use reqwest::Method;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;

use crate::support::{TestApp, eventually, resident_memory};

/// A server whose first pages of home together have 67 MB: every text has the maximum length, in characters of four
/// bytes.
async fn app_with_long_pages(settings: &[(&str, &str)]) -> TestApp {
    let app = TestApp::start_with(settings).await;
    app.insert_user("alice").await;
    app.database
        .execute(
            "insert into activities (user_uuid, message, created_at, replies_count)
             select uuid, repeat('😀', 280), now() - n * interval '1 second', 3
             from users, generate_series(1, 100) as n;
             insert into activities (user_uuid, message, reply_to_activity_uuid, created_at)
             select user_uuid, repeat('😀', 1024), uuid, created_at + n * interval '1 millisecond'
             from activities, generate_series(1, 3) as n",
        )
        .await;
    app
}

#[tokio::test]
async fn every_long_page_is_answered_when_clients_request_all_at_once() {
    let app = app_with_long_pages(&[]).await;
    let is_whole = async |limit: usize| {
        let page = app
            .get(&format!("/api/activities/home?limit={limit}"))
            .await;
        page.body.as_array().is_some_and(|page| page.len() == limit)
    };
    // A machine that is busy may need more than the time of one request.
    let read = |limit| eventually(async move || is_whole(limit).await);
    // Together they have 20 MB, more than one batch reads.
    join_all((1..=55).map(read)).await;
}

#[tokio::test]
async fn the_pages_of_home_that_the_server_keeps_use_no_more_memory_than_its_size() {
    let app = app_with_long_pages(&[("CACHE_SIZE", "16")]).await;
    let read = async |limit: u32| {
        let path = format!("/api/activities/home?limit={limit}");
        let response = app.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.bytes().await.unwrap()
    };
    let longest = read(100).await;
    read(100).await;
    let before = resident_memory(&app);
    let mut total = 0;
    for limit in 1..=100 {
        total += read(limit).await.len();
    }
    assert!(total > 60_000_000, "{total}");
    let grown = resident_memory(&app).saturating_sub(before);
    assert!(
        grown < 45_000,
        "the server's memory has grown by {grown} KiB"
    );
    // Pages that were thrown out are read again.
    for limit in [1, 100, 50, 100] {
        let page: serde_json::Value = serde_json::from_slice(&read(limit).await).unwrap();
        let page = page.as_array().unwrap();
        assert_eq!(page.len(), usize::try_from(limit).unwrap());
        assert!(
            page.iter()
                .all(|activity| activity["replies"].as_array().unwrap().len() == 3)
        );
    }
    assert_eq!(read(100).await, longest);
}

#[tokio::test]
async fn a_network_whose_clients_leave_long_pages_unread_gets_no_more_until_they_are_disconnected()
{
    let settings = [("RATE_LIMIT", "on"), ("TRUSTED_PROXIES", "127.0.0.1")];
    let app = app_with_long_pages(&settings).await;
    let read_from = async |network: &str| {
        let path = "/api/activities/home?limit=100";
        let request = app.request(Method::GET, path);
        let response = request
            .header("X-Forwarded-For", network)
            .send()
            .await
            .unwrap();
        let retry_after = response.headers().get("Retry-After").cloned();
        (response.status().as_u16(), retry_after)
    };
    let leave_one_unread = async || {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        let address = ([127, 0, 0, 1], app.port).into();
        let mut client = socket.connect(address).await.unwrap();
        let head = "GET /api/activities/home?limit=100 HTTP/1.1\r\nhost: localhost\r\n\
            x-forwarded-for: 192.0.2.1\r\n\r\n";
        client.write_all(head.as_bytes()).await.unwrap();
        client
    };
    let unread = RefCell::new(Vec::new());
    let refusal = Cell::new(None);
    // A busy server may disconnect the first of them before it has answered the last.
    eventually(async || {
        let client = leave_one_unread().await;
        unread.borrow_mut().push(client);
        let (status, retry_after) = read_from("192.0.2.1").await;
        refusal.set(retry_after);
        status == 429
    })
    .await;
    assert_eq!(refusal.take().unwrap(), "10");
    eventually(async || read_from("192.0.2.2").await.0 == 200).await;
    let short = app.request(Method::GET, "/api/activities/home?limit=1");
    let short = short.header("X-Forwarded-For", "192.0.2.1").send().await;
    assert_eq!(short.unwrap().status(), 200);
    drop(unread);
    eventually(async || read_from("192.0.2.1").await.0 == 200).await;
}
