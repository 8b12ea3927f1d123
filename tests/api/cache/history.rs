//! A random history of one database with three servers. Each step is one write or one event.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::freshness::ConnectionCutter;
use crate::support::{PoolMode, PoolerFront, StartupOptions, TestApp};

const USERS: [&str; 4] = ["alice", "bob", "carol", "dave"];
/// More than one change names, so that it is a change of everything.
const MANY: usize = 1_001;

/// How the second server is connected to the database.
#[derive(Clone, Copy, PartialEq)]
pub enum Second {
    Direct,
    /// Its connections are cut now and then.
    Cut,
    /// Through a pooler that gives it another session for each transaction.
    Pooled,
}

pub struct History {
    /// Two servers that keep answers, and one that does not.
    pub servers: [TestApp; 3],
    /// The tokens of the user `alice`.
    pub tokens: [String; 3],
    /// The steps so far.
    pub log: Vec<String>,
    pub second: Second,
    cut_name: Option<String>,
    random: StdRng,
    client: Client,
    /// Transactions that are open across steps.
    open: Vec<Client>,
    /// The ids of activities, some of which are gone.
    activities: Vec<String>,
    number: usize,
}

impl History {
    pub async fn start(settings: &[(&str, &str)], seed: u64, second: Second) -> Self {
        let with = |more: &[(&str, &str)]| -> Vec<(String, String)> {
            let all = settings.iter().chain(more);
            all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        let first = start(None, &with(&[])).await;
        let others = ConnectionCutter::application_names(&first.database).await;
        let url = match second {
            Second::Pooled => {
                let (options, mode) = (StartupOptions::Refused, PoolMode::Transaction);
                PoolerFront::start(options, mode, 10).url(&first.database)
            }
            Second::Direct | Second::Cut => first.database.url(),
        };
        // With the smallest memory answers are evicted, too.
        let own = [("CACHE_SIZE", "1"), ("CONNECTION_URL", &*url)];
        let other = start(Some(&first), &with(&own)).await;
        let mut names = ConnectionCutter::application_names(&first.database).await;
        names.retain(|name| !others.contains(name));
        let third = start(Some(&first), &with(&[("CACHE_SIZE", "0")])).await;
        for handle in USERS {
            first.insert_user(handle).await;
        }
        let mut tokens = Vec::new();
        for server in [&first, &other, &third] {
            tokens.push(server.sign_in("alice").await.token);
        }
        let client = first.database.connect().await;
        Self {
            servers: [first, other, third],
            tokens: tokens.try_into().expect("three tokens"),
            log: Vec::new(),
            second,
            cut_name: names.pop(),
            random: StdRng::seed_from_u64(seed),
            client,
            open: Vec::new(),
            activities: Vec::new(),
            number: 0,
        }
    }

    /// Ends the history, and returns how many answers the first server had from memory.
    pub async fn end(&self) -> i64 {
        super::hits(&self.servers[0]).await
    }

    /// One random step.
    pub async fn step(&mut self) {
        match self.random.random_range(0..100) {
            0..18 => self.post().await,
            18..32 => self.reply().await,
            32..40 => self.react().await,
            40..44 => self.delete().await,
            44..48 => self.change_profile().await,
            48..78 => self.change_by_hand().await,
            78..90 => self.open_or_close_transaction().await,
            90..93 => self.roll_back().await,
            93..96 if self.second == Second::Cut => self.cut().await,
            _ => self.change_users().await,
        }
    }

    /// The paths of every kind of kept answer.
    pub fn paths(&mut self) -> Vec<String> {
        let mut paths = vec![
            "/api/activities/home?limit=3".to_owned(),
            "/api/activities/home".to_owned(),
            "/api/activities/home?limit=5&include=viewer".to_owned(),
        ];
        paths.extend(self.later_page("/api/activities/home"));
        for handle in USERS {
            paths.push(format!("/api/users/@{handle}"));
            paths.push(format!("/api/activities/@{handle}?limit=2"));
            paths.extend(self.later_page(&format!("/api/activities/@{handle}")));
        }
        let recent = self.activities.iter().rev().take(4);
        let mut threads: Vec<String> = recent.cloned().collect();
        threads.extend(self.activity());
        for uuid in threads {
            let handle = self.user();
            paths.push(format!("/api/activities/{uuid}?limit=2"));
            paths.push(format!("/api/activities/{uuid}"));
            paths.push(format!("/api/activities/@{handle}/status/{uuid}"));
        }
        paths
    }

    /// A page that begins at one of the activities, which may be gone.
    fn later_page(&mut self, path: &str) -> Option<String> {
        use base64::Engine;
        let (uuid, seconds) = (self.activity()?, self.random.random_range(0..20));
        let uuid = uuid::Uuid::parse_str(&uuid).expect("a uuid");
        let time = chrono::Utc::now() - chrono::TimeDelta::seconds(seconds);
        // The same few cursors come again, so that their pages are kept.
        let micros = time.timestamp() / 10 * 10_000_000;
        let cursor = [&micros.to_be_bytes()[..], uuid.as_bytes()].concat();
        let cursor = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(cursor);
        Some(format!("{path}?limit=2&before={cursor}"))
    }

    /// 0 or 1.
    fn coin(&mut self) -> usize {
        usize::from(self.random.random_bool(0.5))
    }

    fn activity(&mut self) -> Option<String> {
        self.activities.choose(&mut self.random).cloned()
    }

    fn user(&mut self) -> &'static str {
        USERS.choose(&mut self.random).expect("users")
    }

    fn text(&mut self) -> String {
        self.number += 1;
        format!("text {} by hand or by the API", self.number)
    }

    /// Sends a write of a random user to one of the servers; it may be refused.
    async fn send(&mut self, method: Method, path: &str, body: Value) -> Option<Value> {
        let (server, handle) = (self.coin(), self.user());
        let server = &self.servers[server];
        self.log.push(format!("{method} {path} {body} as {handle}"));
        let session = json!({ "handle": handle });
        let session = server.post("/api/dev/session", &session).await;
        let token = session.body["token"].as_str()?.to_owned();
        let request = server.request(method, path).bearer_auth(token).json(&body);
        let response = request.send().await.expect("a response");
        let status = response.status();
        if status == 500 {
            panic!("{:?}\n{}", self.log.last(), server.log_until("ERROR"));
        }
        status.is_success().then_some(())?;
        Some(response.json().await.expect("JSON"))
    }

    fn remember(&mut self, written: Option<Value>) {
        let uuid = written.and_then(|written| Some(written["uuid"].as_str()?.to_owned()));
        self.activities.extend(uuid);
    }

    async fn post(&mut self) {
        let body = json!({ "message": self.text(), "ttl": "1-day" });
        let written = self.send(Method::POST, "/api/activities", body).await;
        self.remember(written);
    }

    async fn reply(&mut self) {
        let Some(parent) = self.activity() else {
            return;
        };
        let (path, body) = (
            format!("/api/activities/{parent}/reply"),
            json!({ "message": self.text() }),
        );
        let written = self.send(Method::POST, &path, body).await;
        self.remember(written);
    }

    async fn react(&mut self) {
        let Some(activity) = self.activity() else {
            return;
        };
        let kind = ["like", "repost"][self.coin()];
        let method = [Method::PUT, Method::DELETE][self.coin()].clone();
        let path = format!("/api/activities/{activity}/{kind}");
        self.send(method, &path, json!({})).await;
    }

    async fn delete(&mut self) {
        let Some(activity) = self.activity() else {
            return;
        };
        let path = format!("/api/activities/{activity}");
        self.send(Method::DELETE, &path, json!({})).await;
    }

    async fn change_profile(&mut self) {
        let body = json!({ "display_name": self.text(), "bio": self.text() });
        self.send(Method::PUT, "/api/profile/update", body).await;
    }

    async fn run(&mut self, sql: String) {
        self.succeeds(sql).await;
    }

    /// Runs a statement, and returns whether it succeeded; one that violates a constraint or waits for a lock for long
    /// changes nothing.
    async fn succeeds(&mut self, sql: String) -> bool {
        self.log.push(sql.clone());
        let limited = format!("set lock_timeout = '100ms'; {sql}");
        let outcome = self.client.batch_execute(&limited).await;
        if let Err(error) = &outcome {
            self.log.push(format!("failed: {error:?}"));
            self.client
                .batch_execute("rollback")
                .await
                .expect("a rollback");
        }
        outcome.is_ok()
    }

    async fn insert(&mut self, parent: Option<&str>) {
        if !self.count_reply(parent).await {
            return;
        }
        let uuid = uuid::Uuid::new_v4().to_string();
        let insert = self.insertion(&uuid, parent);
        self.activities.push(uuid);
        self.run(insert).await;
    }

    /// Counts a reply that is written by hand, which no trigger counts; the API cannot delete a reply that is not counted.
    async fn count_reply(&mut self, parent: Option<&str>) -> bool {
        let Some(parent) = parent else {
            return true;
        };
        self.succeeds(format!(
            "update activities set replies_count = replies_count + 1 where uuid = '{parent}'"
        ))
        .await
    }

    fn insertion(&mut self, uuid: &str, parent: Option<&str>) -> String {
        let (text, handle, age) = (self.text(), self.user(), self.random.random_range(0..20));
        let parent = parent.map_or("null".to_owned(), |parent| format!("'{parent}'"));
        format!(
            "insert into activities (uuid, user_uuid, message, reply_to_activity_uuid, created_at, expires_at)
             select '{uuid}', uuid, '{text}', {parent}, now() - interval '{age} seconds', now() + interval '1 hour'
             from users where lower(handle) = '{handle}'"
        )
    }

    /// A change of activities, which the API makes in another way or not at all.
    async fn change_by_hand(&mut self) {
        let kind = self.random.random_range(0..15);
        let Some(uuid) = self.activity() else {
            return self.insert(None).await;
        };
        let milliseconds = self.random.random_range(0..200);
        let of = format!("where uuid = '{uuid}'");
        match kind {
            0 | 1 => self.insert(None).await,
            2 => self.insert(Some(&uuid)).await,
            3 => self.run(format!("delete from activities {of}")).await,
            4 => {
                self.run(format!("update activities set expires_at = now() {of}"))
                    .await
            }
            // It expires between two of the following reads.
            5 | 6 => {
                let at = format!("now() + interval '{milliseconds} milliseconds'");
                self.run(format!("update activities set expires_at = {at} {of}"))
                    .await;
            }
            7 => {
                let at = ["null", "now() + interval '1 hour'"][self.coin()];
                self.run(format!("update activities set expires_at = {at} {of}"))
                    .await;
            }
            8 => {
                let at = "created_at - interval '3 seconds'";
                self.run(format!("update activities set created_at = {at} {of}"))
                    .await;
            }
            9 => {
                let author = format!(
                    "(select uuid from users where lower(handle) = '{}')",
                    self.user()
                );
                self.run(format!("update activities set user_uuid = {author} {of}"))
                    .await;
            }
            10 => {
                let text = self.text();
                self.run(format!("update activities set message = '{text}', replies_count = replies_count + 1 {of}"))
                    .await;
            }
            // As a request deletes a long thread.
            11 => {
                self.run(format!(
                    "with marked as (update activities set expires_at = 'epoch' {of} returning uuid)
                     insert into deleted_activities (activity_uuid) select uuid from marked on conflict do nothing"
                ))
                .await;
            }
            12 => self.run("delete from deleted_activities".to_owned()).await,
            13 => {
                let parent = self.activity().expect("an activity");
                if self.count_reply(Some(&parent)).await {
                    self.run(format!(
                        "update activities set reply_to_activity_uuid = nullif('{parent}', '{uuid}')::uuid
                         {of} and created_at > (select created_at from activities where uuid = '{parent}')"
                    ))
                    .await;
                }
            }
            _ => self.change_many().await,
        }
    }

    /// A statement with more rows than one change names.
    async fn change_many(&mut self) {
        let statement = match self.random.random_range(0..6) {
            0 => format!(
                "insert into activities (user_uuid, message, created_at, expires_at)
                 select uuid, 'one of many ' || n, now() - interval '1 minute', now() + interval '1 hour'
                 from users, generate_series(1, {MANY}) as n where handle = 'dave'"
            ),
            1 => "update activities set likes_count = likes_count + 1".to_owned(),
            2 => "delete from activities where message like 'one of many%'".to_owned(),
            3 => "truncate reactions".to_owned(),
            4 => "update activities set expires_at = now() + interval '2 hours' where message like 'one of many%'"
                .to_owned(),
            _ => "delete from reactions".to_owned(),
        };
        self.run(statement).await;
    }

    /// A change of users: hidden, shown, renamed, deleted, created again.
    async fn change_users(&mut self) {
        let handle = self.user();
        let of = format!("where lower(handle) = '{handle}'");
        let statement = match self.random.random_range(0..8) {
            0 | 1 => format!(
                "insert into hidden_users (user_uuid, reason) select uuid, 'suspended' from users {of}"
            ),
            2 | 3 => "delete from hidden_users".to_owned(),
            4 => format!("update users set handle = upper(handle) {of}"),
            5 => format!("update users set handle = lower(handle), bio = 'changed by hand' {of}"),
            6 => format!("delete from users {of} and handle <> 'alice'"),
            _ => format!(
                "insert into users (cognito_user_id, handle, display_name) values ('sub-{handle}', '{handle}', 'New')"
            ),
        };
        self.run(statement).await;
    }

    /// Begins a transaction with a write that a later step commits or rolls back, or ends one.
    async fn open_or_close_transaction(&mut self) {
        if self.open.len() == 3 || (!self.open.is_empty() && self.coin() == 1) {
            let index = self.random.random_range(0..self.open.len());
            let end = ["commit", "rollback"][usize::from(self.random.random_bool(0.3))];
            self.log.push(format!("{end} of an open transaction"));
            let client = self.open.swap_remove(index);
            client.batch_execute(end).await.expect(end);
            return;
        }
        let uuid = uuid::Uuid::new_v4().to_string();
        let parent = self.activity();
        let parent = parent.filter(|_| self.number.is_multiple_of(2));
        if !self.count_reply(parent.as_deref()).await {
            return;
        }
        let insert = self.insertion(&uuid, parent.as_deref());
        self.activities.push(uuid);
        let (handle, text) = (self.user(), self.text());
        // A savepoint has a transaction id of its own.
        let begin = format!(
            "set lock_timeout = '100ms'; begin; savepoint inner_one; {insert}; release inner_one; savepoint second;
             update users set display_name = '{text}' where lower(handle) = '{handle}'"
        );
        self.log.push(begin.clone());
        let client = self.servers[0].database.connect().await;
        match client.batch_execute(&begin).await {
            Ok(()) => self.open.push(client),
            Err(error) => self.log.push(format!("failed: {error:?}")),
        }
    }

    /// A write that is undone at once.
    async fn roll_back(&mut self) {
        let uuid = uuid::Uuid::new_v4().to_string();
        let insert = self.insertion(&uuid, None);
        self.run(format!("begin; {insert}; rollback")).await;
    }

    /// Cuts the connections of the second server.
    async fn cut(&mut self) {
        let name = self.cut_name.clone();
        let name = name.expect("the second server is connected");
        self.run(format!(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = '{name}'"
        ))
        .await;
    }
}

async fn start(first: Option<&TestApp>, settings: &[(String, String)]) -> TestApp {
    let settings: Vec<(&str, &str)> = settings
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    match first {
        None => TestApp::start_with(&settings).await,
        Some(first) => TestApp::start_second(first, &settings).await,
    }
}
