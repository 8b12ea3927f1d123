//! The memory of the pages of home that the server keeps.

use reqwest::Method;

use crate::support::TestApp;

/// The resident memory of the server in KiB.
fn resident_memory(app: &TestApp) -> u64 {
    let process = app.process.lock().unwrap().id();
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.unwrap().split_whitespace().nth(1);
    number.unwrap().parse().unwrap()
}

/// All first pages together have 67 MB: every text has the maximum length, in characters of four bytes.
#[tokio::test]
async fn the_pages_of_home_that_the_server_keeps_use_little_memory_whatever_a_client_reads() {
    let app = TestApp::start().await;
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
