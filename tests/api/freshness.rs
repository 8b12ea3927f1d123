//! No read that began after a write was acknowledged misses it, on any server, also if it shares a statement with other
//! reads. Workers write and read on two servers with one database, and [`history`] checks each read.

mod connection_cutter;
mod history;
mod history_tests;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use futures_util::future::join_all;
use serde::de::DeserializeOwned;
use serde_json::json;

pub use self::connection_cutter::ConnectionCutter;
use self::history::{History, List, Row};
#[cfg(target_os = "linux")]
use crate::support::start_with_fast_clock;
use crate::support::{PoolMode, PoolerFront, RawConnection, StartupOptions, TestApp};

const WORKERS: usize = 8;
const WRITES: usize = 10_000;
/// The limit of a feed's page: long enough that the writes of the other workers during a read do not push the activity
/// that a worker expects off the page.
const PAGE_LIMIT: usize = 8;

/// Two servers with one database, and the history of the activities in it.
struct TwoServers {
    servers: [TestApp; 2],
    history: RefCell<History>,
    /// The newest activity that no worker deletes: the parent of the next replies.
    newest: RefCell<Option<Row>>,
    acknowledged_writes: Cell<usize>,
    /// The number of responses of each server.
    responses: [Cell<usize>; 2],
    /// The number of 503 responses of the second server.
    refusals: Cell<usize>,
    /// Terminates the connections of the second server repeatedly.
    cutter: Option<ConnectionCutter>,
}

/// A client that writes and reads, with a session on each server and the activities that it is to delete.
struct Worker {
    sessions: [Session; 2],
    to_delete: Vec<Row>,
}

struct Session {
    server: usize,
    token: String,
    connection: RawConnection,
}

impl TwoServers {
    /// The second server is connected to the database of the first one.
    fn new(first: TestApp, second: TestApp) -> Self {
        Self {
            servers: [first, second],
            history: RefCell::default(),
            newest: RefCell::default(),
            acknowledged_writes: Cell::default(),
            responses: Default::default(),
            refusals: Cell::default(),
            cutter: None,
        }
    }

    async fn worker(&self, handle: &str) -> Worker {
        let [first, second] = &self.servers;
        let tokens = [
            first.sign_in(handle).await.token,
            second.sign_in(handle).await.token,
        ];
        let session = async |server: usize| Session {
            server,
            token: tokens[server].clone(),
            connection: RawConnection::open(&self.servers[server]).await,
        };
        Worker {
            sessions: [session(0).await, session(1).await],
            to_delete: Vec::new(),
        }
    }

    /// Sends a request. Returns `Some(None)` for 404, and `None` for 503, which only the server whose connections are
    /// cut may return.
    async fn send<T: DeserializeOwned>(
        &self,
        session: &mut Session,
        (method, path): (&str, &str),
        body: &str,
    ) -> Option<Option<T>> {
        let server = session.server;
        session
            .connection
            .send(method, path, &session.token, body)
            .await;
        let (status, body) = session.connection.answer().await;
        if status == 503 && server == 1 && self.cutter.is_some() {
            self.refusals.set(self.refusals.get() + 1);
            return None;
        }
        self.responses[server].set(self.responses[server].get() + 1);
        match &self.cutter {
            Some(cutter) if server == 1 => cutter.cut_after(self.responses[server].get()).await,
            _ => {}
        }
        match status {
            200 => Some(Some(serde_json::from_slice(&body).unwrap())),
            404 => Some(None),
            _ => panic!("{status} {}", String::from_utf8_lossy(&body)),
        }
    }

    async fn work(&self, mut worker: Worker, offset: usize) {
        let mut number = offset;
        while self.acknowledged_writes.get() < WRITES {
            // Combines each of six writes with each of three reads and each pair of servers.
            let (step, cycle) = (number % 6, number / 6);
            let (view, turn) = (cycle % 3, cycle / 3);
            let writer = turn % 2;
            let reader = if turn % 6 < 4 { 1 - writer } else { writer };
            if let Some(row) = self.write(&mut worker, writer, step).await {
                self.acknowledged_writes
                    .set(self.acknowledged_writes.get() + 1);
                self.read_back(&mut worker.sessions[reader], &row, view)
                    .await;
            }
            number += 1;
        }
    }

    /// Sends one of six writes, of which two create an activity that no worker deletes. Returns the written or deleted
    /// activity if the write was acknowledged.
    async fn write(&self, worker: &mut Worker, server: usize, step: usize) -> Option<Row> {
        let session = &mut worker.sessions[server];
        let newest = self.newest.borrow().clone();
        let row = match (step, newest, worker.to_delete.pop()) {
            (1 | 2, Some(parent), deletable) => {
                worker.to_delete.extend(deletable);
                self.reply(session, &parent).await
            }
            (4 | 5, _, Some(deletable)) => return self.delete(session, deletable).await,
            (_, _, deletable) => {
                worker.to_delete.extend(deletable);
                self.post(session).await
            }
        }?;
        self.history.borrow_mut().created(&row);
        match step {
            2 | 3 => worker.to_delete.push(row.clone()),
            _ if row.reply_to_activity_uuid.is_none() => {
                self.newest.replace(Some(row.clone()));
            }
            _ => {}
        }
        Some(row)
    }

    async fn post(&self, session: &mut Session) -> Option<Row> {
        let body = json!({ "message": self.unique(), "ttl": "7-days" });
        let to = ("POST", "/api/activities");
        let created = self.send(session, to, &body.to_string()).await?;
        Some(created.expect("a new activity"))
    }

    async fn reply(&self, session: &mut Session, parent: &Row) -> Option<Row> {
        self.history.borrow_mut().send_reply(&parent.uuid);
        let path = format!("/api/activities/{}/reply", parent.uuid);
        let body = json!({ "message": self.unique() });
        let to = ("POST", &*path);
        let created = self.send(session, to, &body.to_string()).await?;
        Some(created.expect("a new reply"))
    }

    async fn delete(&self, session: &mut Session, row: Row) -> Option<Row> {
        self.history.borrow_mut().send_deletion(&row.uuid);
        let path = format!("/api/activities/{}", row.uuid);
        let deleted: Option<HashMap<String, String>> =
            self.send(session, ("DELETE", &path), "").await?;
        assert_eq!(
            deleted.expect("the deleted activity existed")["uuid"],
            row.uuid
        );
        self.history.borrow_mut().deleted(&row.uuid);
        Some(row)
    }

    /// Reads one of the lists or threads that show `row`, and checks the response.
    async fn read_back(&self, session: &mut Session, row: &Row, view: usize) {
        let by = List::By(row.handle.clone());
        match (view, &row.reply_to_activity_uuid) {
            (0, _) => self.read_thread(session, &row.uuid).await,
            (1, Some(parent)) => self.read_thread(session, parent).await,
            (1, None) => {
                let path = format!("/api/activities/@{}", row.handle);
                self.read_list(session, &path, &by).await;
            }
            _ => {
                let path = "/api/activities/home";
                self.read_list(session, path, &List::Home).await;
            }
        }
    }

    async fn read_thread(&self, session: &mut Session, uuid: &str) {
        let began = self.history.borrow_mut().begin_read();
        let path = format!("/api/activities/{uuid}?limit=100");
        let Some(found) = self.send::<Row>(session, ("GET", &path), "").await else {
            return;
        };
        let mut history = self.history.borrow_mut();
        match found {
            Some(row) => history.check_thread(began, &row, 100),
            None => history.check_not_found(began, uuid),
        }
        .unwrap();
    }

    async fn read_list(&self, session: &mut Session, path: &str, list: &List) {
        let began = self.history.borrow_mut().begin_read();
        let path = format!("{path}?limit={PAGE_LIMIT}");
        let Some(rows) = self.send::<Vec<Row>>(session, ("GET", &path), "").await else {
            return;
        };
        let rows = rows.expect("a list");
        let mut history = self.history.borrow_mut();
        history.check_list(began, list, PAGE_LIMIT, &rows).unwrap();
    }

    /// A text that no other write has.
    fn unique(&self) -> String {
        uuid::Uuid::new_v4().to_string()
    }

    /// Runs the workers, and checks that each acknowledged activity is in the database once.
    async fn run(&self) {
        let mut workers = Vec::new();
        // Fewer users than workers, so that several workers read the feed of one user.
        let handles = ["alice", "bob"];
        for handle in handles {
            self.servers[0].insert_user(handle).await;
        }
        for number in 0..WORKERS {
            let worker = self.worker(handles[number % 2]).await;
            // The workers start at different steps.
            workers.push(self.work(worker, number * 7));
        }
        join_all(workers).await;

        let existing: Vec<String> = self
            .history
            .borrow()
            .existing()
            .map(str::to_owned)
            .collect();
        let client = self.servers[0].database.connect().await;
        let query = "select count(*) from activities where uuid::text = any($1)";
        let found: i64 = client.query_one(query, &[&existing]).await.unwrap().get(0);
        assert_eq!(usize::try_from(found).unwrap(), existing.len());
        let duplicates = "select count(*) - count(distinct message) from activities";
        assert_eq!(self.servers[0].database.count(duplicates).await, 0);
    }
}

#[tokio::test]
async fn no_read_misses_a_write_that_was_acknowledged_before_it_began() {
    let first = TestApp::start().await;
    let second = TestApp::start_second(&first, &[]).await;
    let pair = TwoServers::new(first, second);
    pair.run().await;
    let rows = "select count(*) from activities";
    let rows = pair.servers[0].database.count(rows).await;
    let existing = pair.history.borrow().existing().count();
    assert_eq!(usize::try_from(rows).unwrap(), existing);
}

#[tokio::test]
async fn reads_stay_fresh_while_one_servers_connections_are_cut() {
    let first = TestApp::start().await;
    let known = ConnectionCutter::application_names(&first.database).await;
    let second = TestApp::start_second(&first, &[]).await;
    let cutter = ConnectionCutter::for_other_than(&known, &first.database).await;
    let mut pair = TwoServers::new(first, second);
    pair.cutter = Some(cutter);
    pair.run().await;
    let refusals = pair.refusals.get();
    // The server responded between two cuts, since responses trigger the cuts.
    let cuts = pair.cutter.as_ref().map_or(0, ConnectionCutter::cuts);
    assert!(
        cuts >= 3 && refusals > 0,
        "{cuts} cuts, {refusals} refusals"
    );
}

#[tokio::test]
async fn reads_stay_fresh_through_a_pooler_in_transaction_mode() {
    let front = PoolerFront::start(StartupOptions::Refused, PoolMode::Transaction, 10);
    let first = TestApp::start().await;
    let url = front.url(&first.database);
    let second = TestApp::start_second(&first, &[("CONNECTION_URL", &url)]).await;
    TwoServers::new(first, second).run().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn reads_stay_fresh_while_the_clock_of_one_server_is_an_hour_fast() {
    let first = TestApp::start().await;
    let second = start_with_fast_clock(&first.database).await;
    TwoServers::new(first, second).run().await;
}
