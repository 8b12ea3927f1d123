//! No read that began after a write was acknowledged misses it, on any server, whoever shares its
//! statement: writers and readers at once on two servers over one database, judged by [`history`].

mod history;
mod knife;
mod verdicts;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use futures_util::future::join_all;
use serde::de::DeserializeOwned;
use serde_json::json;

use self::history::{History, List, Row};
use self::knife::Knife;
use crate::support::{RawConnection, TestApp};

const WORKERS: usize = 8;
/// Of a feed's page: what others write while one reads does not push out what they look for.
const PAGE: usize = 8;
/// Two servers over one database, and all that is known of what is in it.
struct World {
    servers: [TestApp; 2],
    history: RefCell<History>,
    /// The newest activity that stays: it gets the replies.
    newest: RefCell<Option<Row>>,
    rounds: Cell<usize>,
    limit: usize,
    answers: [Cell<usize>; 2],
    /// 503 from the second one.
    refusals: Cell<usize>,
    /// Ends the sessions of the second server, again and again.
    knife: Option<Knife>,
}

/// Somebody who writes and reads, with a session on each server and what they have yet to delete.
struct Worker {
    sessions: [Session; 2],
    doomed: Vec<Row>,
}

struct Session {
    server: usize,
    token: String,
    wire: RawConnection,
}

impl World {
    async fn start(limit: usize, is_cut: bool) -> Self {
        let first = TestApp::start().await;
        let known = Knife::names(&first.database).await;
        let second = TestApp::start_second(&first, &[]).await;
        let knife = match is_cut {
            true => Some(Knife::for_other_than(&known, &first.database).await),
            false => None,
        };
        Self {
            servers: [first, second],
            history: RefCell::default(),
            newest: RefCell::default(),
            rounds: Cell::default(),
            limit,
            answers: Default::default(),
            refusals: Cell::default(),
            knife,
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
            wire: RawConnection::open(&self.servers[server]).await,
        };
        Worker {
            sessions: [session(0).await, session(1).await],
            doomed: Vec::new(),
        }
    }

    /// What the server answers, `None` where there is no such thing; nothing at all where it could
    /// not say, which only a server without a database may.
    async fn ask<T: DeserializeOwned>(
        &self,
        session: &mut Session,
        (method, path): (&str, &str),
        body: &str,
    ) -> Option<Option<T>> {
        let server = session.server;
        session.wire.send(method, path, &session.token, body).await;
        let (status, body) = session.wire.answer().await;
        if status == 503 && server == 1 && self.knife.is_some() {
            self.refusals.set(self.refusals.get() + 1);
            return None;
        }
        self.answers[server].set(self.answers[server].get() + 1);
        match &self.knife {
            Some(knife) if server == 1 => knife.cut_after(self.answers[server].get()).await,
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
        while self.rounds.get() < self.limit {
            // Every step of six with every view of three and every pair of servers.
            let (step, cycle) = (number % 6, number / 6);
            let (view, turn) = (cycle % 3, cycle / 3);
            let writer = turn % 2;
            let reader = if turn % 6 < 4 { 1 - writer } else { writer };
            if let Some(row) = self.write(&mut worker, writer, step).await {
                self.rounds.set(self.rounds.get() + 1);
                self.look(&mut worker.sessions[reader], &row, view).await;
            }
            number += 1;
        }
    }

    /// Of six writes two stay for certain; returns what was written or deleted, once acknowledged.
    async fn write(&self, worker: &mut Worker, server: usize, step: usize) -> Option<Row> {
        let session = &mut worker.sessions[server];
        let newest = self.newest.borrow().clone();
        let row = match (step, newest, worker.doomed.pop()) {
            (1 | 2, Some(parent), doomed) => {
                worker.doomed.extend(doomed);
                self.reply(session, &parent).await
            }
            (4 | 5, _, Some(doomed)) => return self.delete(session, doomed).await,
            (_, _, doomed) => {
                worker.doomed.extend(doomed);
                self.post(session).await
            }
        }?;
        self.history.borrow_mut().created(&row);
        match step {
            2 | 3 => worker.doomed.push(row.clone()),
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
        let created = self.ask(session, to, &body.to_string()).await?;
        Some(created.expect("a new activity"))
    }

    async fn reply(&self, session: &mut Session, parent: &Row) -> Option<Row> {
        self.history.borrow_mut().replying(&parent.uuid);
        let path = format!("/api/activities/{}/reply", parent.uuid);
        let body = json!({ "message": self.unique() });
        let to = ("POST", &*path);
        let created = self.ask(session, to, &body.to_string()).await?;
        Some(created.expect("a new reply"))
    }

    async fn delete(&self, session: &mut Session, row: Row) -> Option<Row> {
        self.history.borrow_mut().deleting(&row.uuid);
        let path = format!("/api/activities/{}", row.uuid);
        let deleted: Option<HashMap<String, String>> =
            self.ask(session, ("DELETE", &path), "").await?;
        assert_eq!(deleted.expect("it was there")["uuid"], row.uuid);
        self.history.borrow_mut().deleted(&row.uuid);
        Some(row)
    }

    /// Reads one of the places where `row` shows, and has it judged.
    async fn look(&self, session: &mut Session, row: &Row, view: usize) {
        let by = List::By(row.handle.clone());
        match (view, &row.reply_to_activity_uuid) {
            (0, _) => self.look_at_one(session, &row.uuid).await,
            (1, Some(parent)) => self.look_at_one(session, parent).await,
            (1, None) => {
                let path = format!("/api/activities/@{}", row.handle);
                self.look_at_list(session, &path, &by).await;
            }
            _ => {
                let path = "/api/activities/home";
                self.look_at_list(session, path, &List::Home).await;
            }
        }
    }

    async fn look_at_one(&self, session: &mut Session, uuid: &str) {
        let began = self.history.borrow_mut().begin();
        let path = format!("/api/activities/{uuid}?limit=100");
        let Some(found) = self.ask::<Row>(session, ("GET", &path), "").await else {
            return;
        };
        let mut history = self.history.borrow_mut();
        match found {
            Some(row) => history.shown(began, &row, 100),
            None => history.missed(began, uuid),
        }
        .unwrap();
    }

    async fn look_at_list(&self, session: &mut Session, path: &str, list: &List) {
        let began = self.history.borrow_mut().begin();
        let path = format!("{path}?limit={PAGE}");
        let Some(rows) = self.ask::<Vec<Row>>(session, ("GET", &path), "").await else {
            return;
        };
        let rows = rows.expect("a list");
        let mut history = self.history.borrow_mut();
        history.listed(began, list, PAGE, &rows).unwrap();
    }

    /// A text that no other write has.
    fn unique(&self) -> String {
        uuid::Uuid::new_v4().to_string()
    }

    /// Works until the rounds are done; everything acknowledged is there then, once.
    async fn run(&self) {
        let mut workers = Vec::new();
        // Few, so that several read the page of one.
        let handles = ["alice", "bob"];
        for handle in handles {
            self.servers[0].insert_user(handle).await;
        }
        for number in 0..WORKERS {
            let worker = self.worker(handles[number % 2]).await;
            // Not all at the same step.
            workers.push(self.work(worker, number * 7));
        }
        join_all(workers).await;

        let alive: Vec<String> = self.history.borrow().alive().map(str::to_owned).collect();
        let client = self.servers[0].database.connect().await;
        let found = "select count(*) from activities where uuid::text = any($1)";
        let found: i64 = client.query_one(found, &[&alive]).await.unwrap().get(0);
        assert_eq!(usize::try_from(found).unwrap(), alive.len());
        let doubled = "select count(*) - count(distinct message) from activities";
        assert_eq!(self.servers[0].database.count(doubled).await, 0);
    }
}

#[tokio::test]
async fn no_read_misses_a_write_that_was_acknowledged_before_it_began() {
    let world = World::start(10_000, false).await;
    world.run().await;
    let rows = "select count(*) from activities";
    let rows = world.servers[0].database.count(rows).await;
    let alive = world.history.borrow().alive().count();
    assert_eq!(usize::try_from(rows).unwrap(), alive);
}

#[tokio::test]
async fn reads_stay_fresh_while_one_servers_connections_are_cut() {
    let world = World::start(10_000, true).await;
    world.run().await;
    let refusals = world.refusals.get();
    // Between any two cuts it did answer.
    let cuts = world.knife.as_ref().map_or(0, Knife::cuts);
    assert!(
        cuts >= 3 && refusals > 0,
        "{cuts} cuts, {refusals} refusals"
    );
}
