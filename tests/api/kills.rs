//! `kill -9` in the middle of writes: what was acknowledged is there afterwards, and what was sent
//! again under its key is there once. (`survival` kills an idle server.)

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{DataDir, TestApp, eventually, kill};

const WRITERS: usize = 8;
/// Acknowledgements before each kill, and after the last one.
const PAUSE: usize = 150;

/// Writes without end, as `andrewbrown`, until told to stop.
struct Load {
    client: reqwest::Client,
    /// Where the server is now; another one after it was killed.
    port: Cell<u16>,
    /// The activity that gets every other write as a reply.
    parent: String,
    acknowledged: RefCell<Vec<Written>>,
    unanswered: Cell<usize>,
    is_over: Cell<bool>,
}

#[derive(Clone)]
struct Written {
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
            let mut written = Written {
                path: match number % 2 {
                    0 => "/api/activities".to_owned(),
                    _ => format!("/api/activities/{}/reply", self.parent),
                },
                key: (number / 2 % 2 == 0).then(|| message.replace(' ', "-")),
                message,
                answer: Vec::new(),
            };
            loop {
                if let Some(answer) = self.send(&written).await {
                    written.answer = answer;
                    self.acknowledged.borrow_mut().push(written);
                    break;
                }
                self.unanswered.set(self.unanswered.get() + 1);
                eventually(async || self.is_ready().await).await;
                if written.key.is_none() {
                    break;
                }
            }
        }
    }

    /// The bytes of a success; nothing where it is not known what happened.
    async fn send(&self, write: &Written) -> Option<Vec<u8>> {
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

    /// Returns when [`PAUSE`] more writes were acknowledged.
    async fn goes_on(&self) {
        let target = self.acknowledged.borrow().len() + PAUSE;
        eventually(async || self.acknowledged.borrow().len() >= target).await;
    }
}

/// Every activity of a list, or reply of a thread, by its text: how often it is there.
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
            load.goes_on().await;
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
        load.goes_on().await;
        load.is_over.set(true);
    };
    tokio::join!(
        kills,
        join_all((0..WRITERS).map(|writer| load.write(writer)))
    );
    assert!(load.unanswered.get() >= 3, "no kill was felt");

    let acknowledged = load.acknowledged.take();
    let mut times = times_shown(&app, "/api/activities/@andrewbrown").await;
    let thread = format!("/api/activities/{}", load.parent);
    let replies = times_shown(&app, &thread).await;
    let count = app.get(&thread).await.ok()["replies_count"].clone();
    assert_eq!(count, Value::from(replies.values().sum::<usize>()));
    times.extend(replies);
    for write in &acknowledged {
        let message = &write.message;
        assert_eq!(times.get(message), Some(&1), "{message} was acknowledged");
    }
    times.retain(|message, times| message.starts_with("write ") && *times > 1);
    assert!(times.is_empty(), "doubled: {times:?}");

    let under_keys = acknowledged.iter().filter(|write| write.key.is_some());
    for write in under_keys.step_by(10) {
        let again = load.send(write).await.unwrap();
        assert_eq!(again, write.answer, "{}", write.message);
    }
}
