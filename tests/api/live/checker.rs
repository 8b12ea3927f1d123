//! A stream that is cut a hundred times, on several servers, one of which is killed again and again, while others write,
//! delete, let expire and change names: the client is told every change once, in an order that the database could have had.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::support::{Database, LiveEvent, LiveStream, TestApp, id};

const CUTS: usize = 100;
/// The client cuts a stream that tells nothing for so long.
const PATIENCE: Duration = Duration::from_millis(300);

/// What one writer has done, in its order: the ids of its activities.
#[derive(Default)]
struct Written {
    created: Vec<String>,
    gone: HashSet<String>,
}

/// What the client was told.
#[derive(Default)]
struct Told {
    /// The place of each activity's event.
    created: HashMap<String, usize>,
    gone: HashMap<String, usize>,
    counts: HashMap<String, Value>,
    events: usize,
}

impl Told {
    fn tell(&mut self, event: &LiveEvent) {
        self.events += 1;
        let place = self.events;
        let uuid = || id(&event.data).to_owned();
        let former = match &*event.name {
            "activity" => {
                self.counts.insert(uuid(), counts(&event.data));
                self.created.insert(uuid(), place)
            }
            "deleted" | "expired" => self.gone.insert(uuid(), place),
            "counts" => {
                self.counts.insert(uuid(), counts(&event.data));
                None
            }
            "profile" => None,
            other => panic!("{other}"),
        };
        assert_eq!(former, None, "twice: {event:?}");
    }

    /// Fails unless the client knows exactly what was written, in an order that is possible.
    fn check(&self, written: &[Written], now: &[Value]) {
        let all: HashSet<&String> = written.iter().flat_map(|of| &of.created).collect();
        for uuid in self.created.keys() {
            assert!(all.contains(uuid), "{uuid} was not written");
        }
        for of in written {
            for uuid in &of.created {
                let (created, gone) = (self.created.get(uuid), self.gone.get(uuid));
                match of.gone.contains(uuid) {
                    true => assert!(gone.is_some(), "{uuid} is gone, and was not told"),
                    false => assert!(created.is_some() && gone.is_none(), "{uuid} is missing"),
                }
                if let (Some(created), Some(gone)) = (created, gone) {
                    assert!(created < gone, "{uuid} was told after it was gone");
                }
            }
            // A writer writes after the answer to the write before.
            let told = of.created.iter().filter_map(|uuid| self.created.get(uuid));
            assert!(
                told.is_sorted(),
                "the activities of a writer in another order"
            );
        }
        for activity in now {
            assert_eq!(
                self.counts[id(activity)],
                counts(activity),
                "the last counts"
            );
        }
    }
}

fn counts(activity: &Value) -> Value {
    json!([
        activity["replies_count"],
        activity["reposts_count"],
        activity["likes_count"]
    ])
}

/// Writes at a server that is not killed, as often as it is allowed to, so that the client keeps up.
async fn write(app: &TestApp, handle: &str, seed: u64, allowed: &Semaphore) -> Written {
    let user = app.sign_in(handle).await;
    let mut random = StdRng::seed_from_u64(seed);
    let mut written = Written::default();
    let mut live: Vec<Value> = Vec::new();
    while let Ok(write) = allowed.acquire().await {
        write.forget();
        let choice = random.random_range(0..10);
        if choice < 5 || live.is_empty() {
            let post = user.create_activity("written").await;
            written.created.push(id(&post).to_owned());
            live.push(post);
            continue;
        }
        let index = random.random_range(0..live.len());
        let path = format!("/api/activities/{}", id(&live[index]));
        match choice {
            5 => drop(user.put(&format!("{path}/like")).await.ok()),
            6 => drop(user.delete(&format!("{path}/like")).await.ok()),
            7 => {
                let body = json!({ "display_name": format!("Name {choice}"), "bio": "" });
                user.post("/api/profile/update", &body).await.ok();
            }
            8 => {
                user.delete(&path).await.ok();
                written.gone.insert(id(&live.swap_remove(index)).to_owned());
            }
            _ => {
                let gone = live.swap_remove(index);
                let expire = format!(
                    "update activities set expires_at = now() + interval '{} ms' where uuid = '{}'",
                    random.random_range(1..200),
                    id(&gone)
                );
                app.database.execute(&expire).await;
                written.gone.insert(id(&gone).to_owned());
            }
        }
    }
    written
}

/// Opens a stream at one of the servers, also while it is being killed.
async fn open(
    ports: &[u16],
    random: &mut StdRng,
    client: &reqwest::Client,
    cursor: &str,
) -> LiveStream {
    loop {
        let port = ports[random.random_range(0..ports.len())];
        let address = format!("http://127.0.0.1:{port}/api/live?topics=home&after={cursor}");
        if let Some(stream) = LiveStream::try_of(client.request(Method::GET, &address)).await {
            return stream;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_is_cut_a_hundred_times_on_three_servers_tells_every_change_once() {
    let first = TestApp::start().await;
    let second = TestApp::start_second(&first, &[]).await;
    for handle in ["alice", "bob", "eve"] {
        first.insert_user(handle).await;
    }
    let start = first.get("/api/activities/home").await;
    let cursor = start.header("live-cursor").expect("a cursor").to_owned();
    let allowed = Semaphore::new(0);
    let writers = async {
        tokio::join!(
            write(&first, "alice", 1, &allowed),
            write(&second, "bob", 2, &allowed),
            write(&first, "eve", 3, &allowed),
        )
    };
    let read = async {
        let mut random = StdRng::seed_from_u64(4);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut told = Told::default();
        let mut cursor = cursor;
        let mut victim = TestApp::start_second(&first, &[]).await;
        for cut in 0..CUTS {
            let ports = [first.port, second.port, victim.port];
            let mut stream = open(&ports, &mut random, &client, &cursor).await;
            allowed.add_permits(random.random_range(0..30));
            for _ in 0..random.random_range(0..30) {
                match tokio::time::timeout(PATIENCE, stream.next()).await {
                    Ok(Some(event)) => told.tell(&event),
                    Ok(None) | Err(_) => break,
                }
            }
            cursor = stream.id.clone();
            drop(stream);
            if cut % 20 == 10 {
                victim.kill();
                let database = Database {
                    name: first.database.name.clone(),
                };
                victim = TestApp::launch(database, &[], &[]);
            }
        }
        allowed.close();
        (told, cursor)
    };
    let ((alice, bob, eve), (mut told, cursor)) = tokio::join!(writers, read);
    // Everything has expired that will, and the counts are told.
    let last = first.sign_in("alice").await.create_activity("last").await;
    first
        .database
        .wait_for_count(
            "select count(*) from activities where expires_at < now() + interval '1 minute'",
            0,
        )
        .await;
    let mut stream = LiveStream::open(&first, &format!("topics=home&after={cursor}")).await;
    let now = first.get("/api/activities/home?limit=100").await.ok();
    let now: Vec<Value> = now.as_array().unwrap().clone();
    let written = [alice, bob, eve];
    let is_known = |told: &Told| {
        let mut all = written.iter().flat_map(|of| &of.gone);
        told.created.contains_key(id(&last))
            && all.all(|uuid| told.gone.contains_key(uuid))
            && now
                .iter()
                .all(|activity| told.counts.get(id(activity)) == Some(&counts(activity)))
    };
    while !is_known(&told) {
        told.tell(&stream.expect().await);
    }
    told.created.remove(id(&last));
    assert!(
        told.gone.len() > 10 && told.created.len() > 100,
        "too little was written"
    );
    told.check(&written, &now);
}
