//! The export of everything that a user has written.

use futures_util::future::join_all;
use reqwest::Method;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::support::{Answer, TIMEOUT, TestApp, User, eventually, id};

const EXPORT: &str = "/api/profile/export";

/// The lines of an export.
async fn export(user: &User<'_>) -> Vec<Value> {
    let response = user.request(Method::GET, EXPORT).send().await.unwrap();
    assert_eq!(response.status(), 200);
    lines(&response.text().await.unwrap())
}

fn lines(text: &str) -> Vec<Value> {
    assert!(text.ends_with('\n'));
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

fn of_type<'a>(lines: &'a [Value], name: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["type"] == name).collect()
}

/// Inserts `count` activities with the longest text.
async fn insert_activities(app: &TestApp, handle: &str, count: u32) {
    app.database
        .execute(&format!(
            "insert into activities (user_uuid, message, expires_at)
             select uuid, repeat('😀', 280), now() + interval '1 day'
             from users, generate_series(1, {count}) where handle = '{handle}'"
        ))
        .await;
}

/// A client that has requested an export and has read the first bytes of it, and reads no more by itself.
async fn begin_slowly(user: &User<'_>) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let address = ([127, 0, 0, 1], user.app.port).into();
    let mut client = socket.connect(address).await.unwrap();
    let request = format!(
        "GET {EXPORT} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\r\n",
        user.token
    );
    client.write_all(request.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    client.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    client
}

#[tokio::test]
async fn an_export_has_everything_of_the_user_and_nothing_of_others() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let bio = json!({ "display_name": "Alice A.", "bio": "two\nlines" });
    alice.post("/api/profile/update", &bio).await.ok();
    app.database
        .execute("update users set email = handle || '@example.com'")
        .await;
    let post = alice.create_activity("a post\nof two lines").await;
    let others = bob.create_activity("a post of bob").await;
    let reply = alice.reply(&others, "a reply").await;
    bob.reply(&post, "a reply of bob").await;
    let message = json!({ "message": "a message", "handle": "bob" });
    let message = alice.post("/api/messages", &message).await.ok();
    let answer = json!({ "message": "a message of bob", "handle": "alice" });
    bob.post("/api/messages", &answer).await.ok();
    app.database
        .execute(&format!(
            "insert into reactions (activity_uuid, kind, user_uuid, created_at)
             select '{}', kind, uuid, '2026-01-02T03:04:05.000006Z' from users, unnest(array['like', 'repost']) as kind",
            id(&others)
        ))
        .await;

    let lines = export(&alice).await;

    let profile = app.get("/api/users/@alice").await.ok();
    let activity = |kind: &str, activity: &Value, replies: u32| {
        json!({
            "type": kind,
            "uuid": activity["uuid"],
            "message": activity["message"],
            "replies_count": replies,
            "reposts_count": 0,
            "likes_count": 0,
            "reply_to_activity_uuid": activity["reply_to_activity_uuid"],
            "expires_at": activity["expires_at"],
            "created_at": activity["created_at"],
        })
    };
    let reaction = |kind: &str| json!({ "type": kind, "activity_uuid": others["uuid"], "created_at": "2026-01-02T03:04:05.000006Z" });
    assert_eq!(
        lines,
        [
            json!({
                "type": "profile",
                "uuid": profile["uuid"],
                "handle": "alice",
                "display_name": "Alice A.",
                "bio": "two\nlines",
                "created_at": profile["created_at"],
            }),
            activity("activity", &post, 1),
            activity("reply", &reply, 0),
            json!({
                "type": "message",
                "uuid": message["uuid"],
                "message_group_uuid": message["message_group_uuid"],
                "receiver": "bob",
                "message": "a message",
                "created_at": message["created_at"],
            }),
            reaction("like"),
            reaction("repost"),
            json!({ "type": "end", "lines": 6 }),
        ]
    );
}

#[tokio::test]
async fn an_export_is_a_file_that_is_neither_compressed_nor_kept_by_the_browser() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let request = |method| {
        let request = alice.request(method, EXPORT);
        request
            .header(ACCEPT, "application/x-ndjson")
            .header(ACCEPT_ENCODING, "br")
            .send()
    };
    let response = request(Method::GET).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(status, 200);
    assert_eq!(header("content-type"), Some("application/x-ndjson"));
    assert_eq!(
        header("content-disposition"),
        Some("attachment; filename=\"cruddur-alice.ndjson\"")
    );
    assert_eq!(header("content-encoding"), Some("identity"));
    assert_eq!(header("cache-control"), Some("no-store"));
    assert_eq!(header("etag"), None);
    assert_eq!(lines(&response.text().await.unwrap()).len(), 2);

    let head = request(Method::HEAD).await.unwrap();
    assert_eq!(
        (head.status(), head.headers().get("content-type")),
        (status, headers.get("content-type"))
    );
    assert_eq!(head.text().await.unwrap(), "");

    app.get(EXPORT).await.refused(401, "generic_401");
    let request = alice.request(Method::GET, "/api/profile");
    Answer::of(request.header(ACCEPT, "application/x-ndjson"))
        .await
        .refused(406, "not_acceptable");
}

#[tokio::test]
async fn a_long_export_has_each_row_once_whatever_its_expiry_and_time() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    app.user("bob").await;
    app.database
        .execute(
            "insert into activities (user_uuid, message, expires_at, created_at)
             select uuid, 'post ' || n, (array[null, now() + interval '1 day', now() + n * interval '1 minute'])[1 + n % 3], now()
             from users, generate_series(1, 2500) as n where handle = 'alice';
             insert into activities (user_uuid, message, expires_at)
             select uuid, 'expired', now() - interval '1 microsecond'
             from users, generate_series(1, 10) where handle = 'alice';
             insert into activities (user_uuid, message, reply_to_activity_uuid)
             select users.uuid, 'reply', activities.uuid from users, activities
             where handle = 'alice' and message like 'post %00';
             insert into message_groups (first_user_uuid, second_user_uuid, last_message_at)
             select least(a.uuid, b.uuid), greatest(a.uuid, b.uuid), now() from users as a, users as b
             where a.handle = 'alice' and b.handle = 'bob';
             insert into messages (message_group_uuid, user_uuid, message, created_at)
             select message_groups.uuid, users.uuid, n::text, now() - n % 7 * interval '1 second'
             from message_groups, users, generate_series(1, 250) as n;
             insert into reactions (activity_uuid, kind, user_uuid, created_at)
             select activities.uuid, kind, users.uuid, now()
             from activities, users, unnest(array['like', 'repost']) as kind
             where users.handle = 'alice' and (kind = 'repost' or message like 'post 1%')",
        )
        .await;
    let lines = export(&alice).await;
    let end = json!({ "type": "end", "lines": lines.len() - 1 });
    assert_eq!(lines.last(), Some(&end));
    let count = async |kind: &str| {
        let reactions = format!("select count(*) from reactions where kind = '{kind}'");
        app.database.count(&reactions).await
    };
    for (name, key, count) in [
        ("activity", "uuid", 2_500),
        ("reply", "uuid", 25),
        ("message", "uuid", 250),
        ("like", "activity_uuid", count("like").await),
        ("repost", "activity_uuid", count("repost").await),
    ] {
        let of_type = of_type(&lines, name);
        let mut keys: Vec<_> = of_type.iter().map(|line| line[key].as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        let count = usize::try_from(count).unwrap();
        assert_eq!((of_type.len(), keys.len()), (count, count), "{name}");
    }
}

#[tokio::test]
async fn a_suspended_user_can_export_what_is_hidden() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    alice.create_activity("hidden").await;
    app.database
        .execute("insert into hidden_users (user_uuid, reason) select uuid, 'suspended' from users")
        .await;
    let lines = export(&alice).await;
    assert_eq!(of_type(&lines, "activity")[0]["message"], "hidden");
}

#[tokio::test]
async fn a_message_to_a_deleted_account_is_exported_without_a_receiver() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let message = json!({ "message": "hello", "handle": "bob" });
    alice.post("/api/messages", &message).await.ok();
    let request = bob.request(Method::DELETE, "/api/profile");
    Answer::of(request.json(&json!({ "confirm": "bob" })))
        .await
        .ok();
    let lines = export(&alice).await;
    let message = of_type(&lines, "message")[0];
    assert_eq!(
        (&message["message"], &message["receiver"]),
        (&json!("hello"), &Value::Null)
    );
}

#[tokio::test]
async fn a_client_that_stops_reading_its_export_holds_no_connection() {
    let app = TestApp::start_with(&[("DB_POOL_SIZE", "1")]).await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    insert_activities(&app, "alice", 5_000).await;
    let clients = (begin_slowly(&alice).await, begin_slowly(&bob).await);
    for _ in 0..20 {
        app.get("/api/users/@bob").await.ok();
    }
    let working = "select count(*) from pg_stat_activity
        where datname = current_database() and application_name like 'cruddur-server:%' and state <> 'idle'";
    app.database.wait_for_count(working, 0).await;
    drop(clients);
}

/// The resident memory of the server in KiB.
fn resident_memory(app: &TestApp) -> u64 {
    let process = app.process.lock().unwrap().id();
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.unwrap().split_whitespace().nth(1);
    number.unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_export_of_twelve_megabytes_uses_little_memory_whether_the_client_reads_or_not() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    insert_activities(&app, "alice", 10_000).await;
    insert_activities(&app, "bob", 100).await;
    assert_eq!(export(&bob).await.len(), 102);
    let before = resident_memory(&app);
    let stalled = begin_slowly(&alice).await;
    assert_eq!(export(&bob).await.len(), 102);
    let while_stalled = resident_memory(&app);
    drop(stalled);
    eventually(async || {
        let response = alice.request(Method::GET, EXPORT).send().await.unwrap();
        response.status() == 200 && response.text().await.unwrap().len() > 12_000_000
    })
    .await;
    for after in [while_stalled, resident_memory(&app)] {
        let grown = after.saturating_sub(before);
        assert!(
            grown < 8_000,
            "the server's memory has grown by {grown} KiB"
        );
    }
}

#[tokio::test]
async fn a_user_has_one_export_at_a_time_until_the_client_is_gone() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    insert_activities(&app, "alice", 5_000).await;
    let first = begin_slowly(&alice).await;
    let refused = alice.get(EXPORT).await;
    refused.refused(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), Some("10"));
    assert_eq!(export(&bob).await.len(), 2);

    first.set_zero_linger().unwrap();
    drop(first);
    eventually(async || {
        let response = alice.request(Method::GET, EXPORT).send().await.unwrap();
        response.status() == 200
    })
    .await;
}

#[tokio::test]
async fn a_server_runs_sixteen_exports_at_once_and_refuses_further_ones() {
    let app = TestApp::start().await;
    app.database
        .execute(
            "insert into users (cognito_user_id, handle, display_name)
             select 'sub-' || n, 'user_' || n, 'User' from generate_series(1, 17) as n;
             insert into activities (user_uuid, message)
             select uuid, repeat('😀', 280) from users, generate_series(1, 1000)",
        )
        .await;
    let handles: Vec<String> = (1..=17).map(|number| format!("user_{number}")).collect();
    let mut users = join_all(handles.iter().map(|handle| app.sign_in(handle))).await;
    let last = users.pop().unwrap();
    let clients = join_all(users.iter().map(begin_slowly)).await;
    last.get(EXPORT).await.refused(429, "rate_limited");
    drop(clients);
    eventually(async || {
        let response = last.request(Method::GET, EXPORT).send().await.unwrap();
        response.status() == 200
    })
    .await;
}

#[tokio::test]
async fn an_export_that_fails_half_way_does_not_look_complete() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    insert_activities(&app, "alice", 10_000).await;
    let mut response = alice.request(Method::GET, EXPORT).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let mut text = response.chunk().await.unwrap().unwrap().to_vec();
    app.database
        .execute("alter table reactions rename to reactions_away")
        .await;
    let read_rest = async {
        while let Some(chunk) = response.chunk().await? {
            text.extend(chunk);
        }
        Ok::<_, reqwest::Error>(())
    };
    let ending = tokio::time::timeout(TIMEOUT, read_rest).await.unwrap();
    assert!(ending.is_err(), "the response is cut off");
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with("{\"type\":\"profile\""));
    assert!(!text.contains("\"type\":\"end\""));
    let line = app.wait_for_log("an export was not completed");
    assert!(line.contains("request_id"), "{line}");
    app.database
        .execute("alter table reactions_away rename to reactions")
        .await;
    assert_eq!(export(&alice).await.len(), 10_002);
}
