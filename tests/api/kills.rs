//! SIGKILL during writes: acknowledged writes are stored, and a write that was repeated under its key is stored once.
//! The tests in `survival` kill an idle server.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{DataDir, TestApp, eventually, kill};

const WRITERS: usize = 8;
/// Acknowledged writes before each kill and after the last one.
const WRITES_BETWEEN_KILLS: usize = 150;

/// Writes as `andrewbrown` until `is_over` is set.
struct Load {
    client: reqwest::Client,
    /// The port of the server, which changes when the server is started again.
    port: Cell<u16>,
    /// The uuid of the activity to which every second write is a reply.
    parent: String,
    acknowledged: RefCell<Vec<SentWrite>>,
    unanswered: Cell<usize>,
    is_over: Cell<bool>,
}

#[derive(Clone)]
struct SentWrite {
    path: String,
    message: String,
    key: Option<String>,
    answer: Vec<u8>,
}

impl Load {
    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port.get())
    }

    async fn write(&self, writer: usize) {
        for number in 0.. {
            if self.is_over.get() {
                break;
            }
            let message = format!("write {writer} {number}");
            let mut sent = SentWrite {
                path: match number % 2 {
                    0 => "/api/activities".to_owned(),
                    _ => format!("/api/activities/{}/reply", self.parent),
                },
                key: (number / 2 % 2 == 0).then(|| message.replace(' ', "-")),
                message,
                answer: Vec::new(),
            };
            loop {
                if let Some(answer) = self.send(&sent).await {
                    sent.answer = answer;
                    self.acknowledged.borrow_mut().push(sent);
                    break;
                }
                self.unanswered.set(self.unanswered.get() + 1);
                eventually(async || self.is_ready().await).await;
                if sent.key.is_none() {
                    break;
                }
            }
        }
    }

    /// The body of a success; `None` if the outcome of the write is unknown.
    async fn send(&self, write: &SentWrite) -> Option<Vec<u8>> {
        let body = json!({ "message": write.message, "ttl": "1-hour" });
        let mut request = self.client.post(self.url(&write.path)).json(&body);
        if let Some(key) = &write.key {
            request = request.header("Idempotency-Key", key);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.ok()?;
        let text = String::from_utf8_lossy(&body);
        assert!(matches!(status, 200 | 409 | 503), "{status} {text}");
        (status == 200).then(|| body.to_vec())
    }

    async fn is_ready(&self) -> bool {
        let answer = self.client.get(self.url("/readyz")).send().await;
        answer.is_ok_and(|answer| answer.status() == 200)
    }

    /// Returns when [`WRITES_BETWEEN_KILLS`] more writes are acknowledged.
    async fn wait_for_more_writes(&self) {
        let target = self.acknowledged.borrow().len() + WRITES_BETWEEN_KILLS;
        eventually(async || self.acknowledged.borrow().len() >= target).await;
    }
}

/// How many times a list or thread shows each text.
async fn times_shown(app: &TestApp, path: &str) -> HashMap<String, usize> {
    let mut times = HashMap::new();
    let mut next = Some(format!("{path}?limit=100"));
    while let Some(path) = next {
        let answer = app.get(&path).await;
        next = answer.next();
        let body = answer.ok();
        let rows = body.get("replies").unwrap_or(&body).as_array().unwrap();
        for row in rows {
            let message = row["message"].as_str().unwrap().to_owned();
            *times.entry(message).or_default() += 1;
        }
    }
    times
}

#[tokio::test]
async fn no_acknowledged_write_is_lost_or_stored_twice_when_database_and_server_are_killed() {
    let data_dir = DataDir::new("kills");
    let mut app = data_dir.serve().await;
    let parent = json!({ "message": "parent", "ttl": "1-hour" });
    let parent = app.post("/api/activities", &parent).await.ok();
    let load = Load {
        client: app.client.clone(),
        port: Cell::new(app.port),
        parent: parent["uuid"].as_str().unwrap().to_owned(),
        acknowledged: RefCell::default(),
        unanswered: Cell::default(),
        is_over: Cell::new(false),
    };
    let kills = async {
        for (ends_database, ends_server) in [(true, false), (false, true), (true, true)] {
            load.wait_for_more_writes().await;
            let postmaster = data_dir.postmaster();
            if ends_database {
                assert!(kill(&postmaster));
            }
            if ends_server {
                app.kill();
                app = TestApp::launch_embedded(&data_dir.0);
                load.port.set(app.port);
            }
        }
        load.wait_for_more_writes().await;
        load.is_over.set(true);
    };
    tokio::join!(
        kills,
        join_all((0..WRITERS).map(|writer| load.write(writer)))
    );
    assert!(
        load.unanswered.get() >= 3,
        "the kills interrupted too few writes"
    );

    let acknowledged = load.acknowledged.take();
    let mut times = times_shown(&app, "/api/activities/@andrewbrown").await;
    let thread = format!("/api/activities/{}", load.parent);
    let replies = times_shown(&app, &thread).await;
    let count = app.get(&thread).await.ok()["replies_count"].clone();
    assert_eq!(count, Value::from(replies.values().sum::<usize>()));
    times.extend(replies);
    for write in &acknowledged {
        let message = &write.message;
        assert_eq!(
            times.get(message),
            Some(&1),
            "the acknowledged write `{message}` is not stored once"
        );
    }
    times.retain(|message, times| message.starts_with("write ") && *times > 1);
    assert!(times.is_empty(), "stored more than once: {times:?}");

    let under_keys = acknowledged.iter().filter(|write| write.key.is_some());
    for write in under_keys.step_by(10) {
        let again = load.send(write).await.unwrap();
        assert_eq!(again, write.answer, "{}", write.message);
    }
}
