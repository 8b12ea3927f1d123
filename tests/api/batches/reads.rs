//! Reads that share a statement: each of many concurrent reads gets the response that it gets alone.

use futures_util::{StreamExt, stream};
use uuid::Uuid;

use crate::support::{Answer, TestApp, id};

/// Requests in flight to each server.
const CONCURRENCY: usize = 100;
/// Attempts of a request that the server refuses because of the load.
const ATTEMPTS: usize = 10;

/// Inserts five users with posts of many ages, some with equal times, and up to six replies to each.
async fn populate(app: &TestApp) {
    for handle in ["alice", "bob", "carol", "dave", "erin"] {
        app.insert_user(handle).await;
    }
    app.database
        .execute(
            "insert into activities (user_uuid, message, created_at, expires_at)
             select users.uuid, handle || n, now() - (n / 2) * interval '1 second',
                    now() + interval '1 day'
             from users, generate_series(1, 40) as n;
             insert into activities (user_uuid, message, created_at, expires_at, reply_to_activity_uuid)
             select user_uuid, 'reply ' || n, created_at + n * interval '1 millisecond',
                    expires_at, uuid
             from activities, generate_series(1, 6) as n
             where n <= length(message) + extract(second from created_at)::int % 4 - 3;
             update activities
             set replies_count = counted.count
             from (select reply_to_activity_uuid as uuid, count(*) from activities group by 1)
                 as counted
             where activities.uuid = counted.uuid",
        )
        .await;
}

/// The address of every page of a list.
async fn pages(app: &TestApp, start: String) -> Vec<String> {
    let mut pages = vec![start];
    while let Some(next) = app.get(&pages[pages.len() - 1]).await.next() {
        pages.push(next);
    }
    pages
}

/// Different addresses of every kind of read.
async fn addresses(app: &TestApp) -> Vec<String> {
    let mut addresses = Vec::new();
    for limit in [1, 3, 20, 37, 100] {
        let home = pages(app, format!("/api/activities/home?limit={limit}")).await;
        addresses.extend(home.into_iter().take(12));
    }
    for (handle, limit) in [
        ("alice", 7),
        ("BOB", 20),
        ("carol", 1),
        ("dave", 100),
        ("erin", 3),
    ] {
        let page = pages(app, format!("/api/activities/@{handle}?limit={limit}")).await;
        addresses.extend(page.into_iter().take(12));
    }
    let home = app.get("/api/activities/home?limit=100").await.ok();
    for (number, activity) in home.as_array().unwrap().iter().enumerate() {
        let (limit, uuid) = (number % 5 + 1, id(activity));
        addresses.push(format!("/api/activities/{uuid}"));
        addresses.extend(pages(app, format!("/api/activities/{uuid}?limit={limit}")).await);
        let handle = ["alice", "bob", "unknown"][number % 3];
        addresses.push(format!("/api/activities/@{handle}/status/{uuid}"));
        addresses.push(format!("/api/activities/{}", Uuid::new_v4()));
        addresses.push(format!("/api/activities/@unknown_{number}"));
        addresses.push(format!("/api/activities/{uuid}{number}"));
        addresses.push(format!("/api/activities/home?limit={}", number * 101));
        addresses.push(format!("/api/activities/@alice?before={number}"));
    }
    addresses
}

#[tokio::test]
async fn each_of_hundreds_of_concurrent_reads_gets_the_response_that_it_gets_alone() {
    let app = TestApp::start().await;
    populate(&app).await;
    let second = TestApp::start_second(&app, &[]).await;
    let addresses = addresses(&app).await;
    let mut alone = Vec::new();
    for address in &addresses {
        alone.push(app.get(address).await);
    }
    for (status, at_least) in [(200, 300), (404, 200), (400, 200)] {
        let answers = alone.iter().filter(|answer| answer.status == status);
        assert!(
            answers.count() >= at_least,
            "too few responses with {status}"
        );
    }
    let read_all = async |server: &TestApp, stride: usize| {
        // Each call starts at another address and has another order.
        let order = (0..addresses.len()).map(|number| (number * stride + stride) % addresses.len());
        let reads = order.map(async |at| (at, get_with_retries(server, &addresses[at]).await));
        let mut reads = stream::iter(reads).buffer_unordered(CONCURRENCY);
        while let Some((at, answer)) = reads.next().await {
            assert_eq!(
                comparable(&answer),
                comparable(&alone[at]),
                "{}",
                addresses[at]
            );
        }
    };
    tokio::join!(read_all(&app, 1), read_all(&second, 7));
    tokio::join!(read_all(&app, 13), read_all(&second, 1));
}

/// The first response whose status does not come from the load: neither 503, nor the 408 of a connection that the
/// client opened in reserve and first used when the server closed it.
async fn get_with_retries(server: &TestApp, address: &str) -> Answer {
    for _ in 0..ATTEMPTS {
        let answer = server.get(address).await;
        if !matches!(answer.status, 408 | 503) {
            return answer;
        }
    }
    panic!("{address} is refused again and again");
}

fn comparable(answer: &Answer) -> (u16, &serde_json::Value, Option<&str>, Option<&str>) {
    let [link, etag] = ["link", "etag"].map(|name| answer.header(name));
    (answer.status, &answer.body, link, etag)
}
