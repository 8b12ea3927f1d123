//! Answers from memory equal answers that are read: random histories of writes, by the API and by plain SQL, change the
//! database of two servers that keep answers. After each step every kind of kept answer is compared, byte for byte, with
//! that of a third server, which keeps none.

mod history;
mod reads;

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use reqwest::Method;
use serde_json::json;

use self::history::{History, Second};
use self::reads::Comparison;
use crate::support::{TestApp, id};

const STEPS: usize = 150;

/// Runs a random history; if it fails, says the seed, which `TEST_SEED` repeats.
async fn run_history(settings: &[(&str, &str)], second: Second) {
    let seed = std::env::var("TEST_SEED").map_or_else(
        |_| rand::random(),
        |seed| seed.parse().expect("TEST_SEED is a number"),
    );
    let run = async {
        let mut history = History::start(settings, seed, second).await;
        for _ in 0..STEPS {
            history.step().await;
            history.compare().await;
        }
        history.end().await
    };
    match AssertUnwindSafe(run).catch_unwind().await {
        Ok(hits) => assert!(hits > 100, "only {hits} answers were from memory"),
        // The failure itself is in the output already.
        Err(_) => panic!("TEST_SEED={seed} repeats the history"),
    }
}

#[tokio::test]
async fn answers_from_memory_equal_fresh_reads_in_any_history() {
    run_history(&[], Second::Direct).await;
}

#[tokio::test]
async fn answers_from_memory_equal_fresh_reads_while_one_servers_connections_are_cut() {
    run_history(&[], Second::Cut).await;
}

#[tokio::test]
async fn answers_from_memory_equal_fresh_reads_through_a_pooler_in_transaction_mode() {
    run_history(&[], Second::Pooled).await;
}

#[tokio::test]
async fn answers_for_the_final_client_from_memory_equal_fresh_reads() {
    run_history(&[("CLIENT_GENERATION", "final")], Second::Direct).await;
}

/// The value of a metric of the server.
async fn metric(app: &TestApp, name: &str) -> i64 {
    let text = app.get("/metrics").await.body;
    let text = text.as_str().unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    line.split(' ').next_back().unwrap().parse().unwrap()
}

async fn hits(app: &TestApp) -> i64 {
    metric(app, "cruddur_cache_hits_total ").await
}

#[tokio::test]
async fn an_answer_stays_in_memory_while_other_things_change() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let old = alice.create_activity("old").await;
    let thread = format!("/api/activities/{}", id(&old));
    let second_page = {
        alice.create_activity("newer").await;
        let first = app.get("/api/activities/home?limit=1").await;
        first.next().unwrap()
    };
    let paths = [
        thread.as_str(),
        "/api/activities/@alice",
        "/api/users/@alice",
        second_page.as_str(),
    ];
    for path in paths {
        app.get(path).await.ok();
    }
    let before = hits(&app).await;
    bob.create_activity("by another user").await;
    app.database
        .execute("update users set bio = 'new' where handle = 'bob'")
        .await;
    for path in paths {
        app.get(path).await.ok();
    }
    assert_eq!(hits(&app).await - before, 4);
    // Each of these is part of all four answers but the profile.
    let like = format!("{thread}/like");
    bob.put(&like).await.ok();
    for path in paths {
        app.get(path).await.ok();
    }
    assert_eq!(hits(&app).await - before, 5);
}

#[tokio::test]
async fn home_stays_in_memory_while_its_activities_change_and_new_ones_come() {
    let app = TestApp::start().await;
    let fresh = TestApp::start_second(&app, &[("CACHE_SIZE", "0")]).await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let home = "/api/activities/home?limit=3";
    let post = alice.create_activity("first").await;
    app.get(home).await.ok();
    let before = hits(&app).await;
    let is_equal = async || {
        let (answer, expected) = (app.get(home).await, fresh.get(home).await);
        assert_eq!(answer.header("etag"), expected.header("etag"));
        assert_eq!(answer.next(), expected.next());
        assert_eq!(answer.ok(), expected.ok());
    };
    for message in ["second", "third", "fourth", "fifth"] {
        bob.create_activity(message).await;
        is_equal().await;
    }
    let like = format!("/api/activities/{}/like", id(&post));
    alice.put(&like).await.ok();
    is_equal().await;
    let newest = bob.create_activity("sixth").await;
    alice.reply(&newest, "a reply").await;
    is_equal().await;
    app.database
        .execute("update users set display_name = 'Robert' where handle = 'bob'")
        .await;
    is_equal().await;
    assert_eq!(hits(&app).await - before, 7);
    // Another activity takes the place of one that is gone, so the page is read again.
    let newest = format!("/api/activities/{}", id(&newest));
    bob.delete(&newest).await.ok();
    is_equal().await;
    assert_eq!(hits(&app).await - before, 7);
}

#[tokio::test]
async fn a_server_that_keeps_no_answers_answers_the_same() {
    let app = TestApp::start_with(&[("CACHE_SIZE", "0")]).await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("hello").await;
    for _ in 0..2 {
        let home = app.get("/api/activities/home").await.ok();
        assert_eq!(home, json!([post]));
        let profile = app.get("/api/users/@alice").await.ok();
        assert_eq!(profile["cruds_count"], 1);
    }
    assert_eq!(hits(&app).await, 0);
    assert_eq!(metric(&app, "cruddur_cache_size_bytes ").await, 0);
}

#[tokio::test]
async fn the_answers_in_memory_use_no_more_than_its_size() {
    let app = TestApp::start_with(&[("CACHE_SIZE", "1")]).await;
    app.insert_user("alice").await;
    app.database
        .execute(
            "insert into activities (user_uuid, message, created_at)
             select uuid, repeat('x', 200), now() - n * interval '1 second'
             from users, generate_series(1, 100) as n",
        )
        .await;
    // Where there is no room, an answer is kept when it is read again.
    for limit in (1..=100).flat_map(|limit| [limit, limit]) {
        let path = format!("/api/activities/home?limit={limit}");
        assert_eq!(app.get(&path).await.status, 200);
        let bytes = metric(&app, "cruddur_cache_size_bytes ").await;
        assert!((1..=1024 * 1024).contains(&bytes), "{bytes}");
    }
    assert!(metric(&app, "cruddur_cache_evictions_total ").await > 10);
    // The latest answer is still there, the first one is read again.
    let before = hits(&app).await;
    app.get("/api/activities/home?limit=100").await.ok();
    assert_eq!(hits(&app).await - before, 1);
    app.get("/api/activities/home?limit=1").await.ok();
    assert_eq!(hits(&app).await - before, 1);
}

#[tokio::test]
async fn the_same_answer_has_the_same_entity_tag_from_memory_and_from_the_database() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    alice.create_activity("hello").await;
    for path in ["/api/activities/home", "/api/users/@alice"] {
        let first = app.get(path).await;
        let tag = first.header("etag").unwrap().to_owned();
        let second = app.get(path).await;
        assert_eq!(second.header("etag"), Some(&*tag));
        let known = app
            .request(Method::GET, path)
            .header("If-None-Match", &tag)
            .send()
            .await
            .unwrap();
        assert_eq!(known.status(), 304);
    }
    assert_eq!(hits(&app).await, 4);
}

#[tokio::test]
async fn what_has_expired_between_two_times_is_listed_after_the_purge_too() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let mut expired = Vec::new();
    for message in ["first", "second", "deleted", "live"] {
        expired.push(id(&alice.create_activity(message).await).to_owned());
    }
    let deleted = format!("/api/activities/{}", expired[2]);
    alice.delete(&deleted).await.ok();
    let [first, second, ..] = &expired[..] else {
        panic!("four activities");
    };
    app.database
        .execute(&format!(
            "update activities set expires_at = now() - interval '2 minutes' where uuid = '{first}';
             update activities set expires_at = now() - interval '1 minute' where uuid = '{second}'"
        ))
        .await;
    let client = app.database.connect().await;
    let look = include_str!("../../src/changes/sql/look.sql");
    let list = async |minutes: i64| {
        let now = chrono::Utc::now();
        let after = now - chrono::TimeDelta::minutes(minutes);
        let no_snapshot = None::<String>;
        let rows = client
            .query(look, &[&no_snapshot, &10_i64, &after, &uuid::Uuid::max()])
            .await
            .unwrap();
        let uuids = rows
            .iter()
            .filter_map(|row| row.get::<_, Option<Vec<uuid::Uuid>>>("uuids"));
        uuids.map(|uuids| uuids[0].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(list(3).await, [first.clone(), second.clone()]);
    app.database
        .wait_for_count("select count(*) from activities", 1)
        .await;
    assert_eq!(list(3).await, [first.clone(), second.clone()]);
    assert_eq!(list(0).await, Vec::<String>::new());
}

#[tokio::test]
async fn old_changes_are_deleted_but_not_those_of_a_transaction_that_was_open() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    alice.create_activity("old").await;
    let mut open = app.database.connect().await;
    let transaction = open.transaction().await.unwrap();
    transaction
        .batch_execute("update users set bio = 'from an open transaction'")
        .await
        .unwrap();
    let old = app.database.count("select count(*) from changes").await;
    assert!(old > 0);
    // As if the server had kept this snapshot 15 minutes ago.
    app.database
        .execute("insert into change_horizons (taken_at) values (now() - interval '15 minutes')")
        .await;
    transaction.commit().await.unwrap();
    let before = app.database.count("select count(*) from changes").await;
    assert_eq!(before, old + 1);
    let delete = include_str!("../../src/changes/sql/delete_old_changes.sql");
    let client = app.database.connect().await;
    let deleted = client.execute(delete, &[&1000_i64]).await.unwrap();
    assert_eq!(i64::try_from(deleted).unwrap(), old);
    assert_eq!(client.execute(delete, &[&1000_i64]).await.unwrap(), 0);
    let left = "select count(*) from changes where kind = 'users_changed'";
    assert_eq!(app.database.count(left).await, 1);
}

/// Tables whose rows no reader sees, or that change only with others that record it.
const UNSEEN: [&str; 28] = [
    "activity_documents",
    "admin_audit",
    "change_horizons",
    "changes",
    "crud_count_changes",
    "crud_counts",
    "database_runs",
    "deleted_accounts",
    "development_keys",
    "environment",
    "gone_activities",
    "gone_users",
    "idempotent_answers",
    "live_tickets",
    "loaded_seeds",
    "needed_release",
    "notice_deletions",
    "notifications",
    "prototype_takeover",
    "refinery_schema_history",
    "report_copies",
    "reports",
    "search_blocks",
    "search_group_words",
    "search_groups",
    "search_segments",
    "search_tail",
    "search_words",
];

#[tokio::test]
async fn every_table_that_readers_see_records_its_changes() {
    let app = TestApp::start().await;
    let client = app.database.connect().await;
    let query = "
        select
            table_name::text,
            (
                select bit_or(tgtype & 60)
                from pg_trigger
                join pg_proc on pg_proc.oid = tgfoid
                where tgrelid = to_regclass(table_name::text) and proname like 'record%'
            ) as events
        from information_schema.tables
        where table_schema = 'public' and table_type = 'BASE TABLE'";
    let mut recorded = 0;
    for row in client.query(query, &[]).await.unwrap() {
        let (table, events): (String, Option<i32>) = (row.get(0), row.get(1));
        if UNSEEN.contains(&&*table) {
            continue;
        }
        // Bits of pg_trigger: 4 insert, 8 delete, 16 update, 32 truncate. A new message updates its group and is
        // recorded itself.
        let expected = if table == "message_groups" { 56 } else { 60 };
        assert_eq!(events, Some(expected), "{table}");
        recorded += 1;
    }
    assert_eq!(recorded, 10, "tables that readers see");
}

#[tokio::test]
async fn a_server_that_was_idle_for_longer_than_changes_are_kept_reads_again() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    alice.create_activity("first").await;
    let home = async || app.get("/api/activities/home").await.ok();
    assert_eq!(home().await.as_array().unwrap().len(), 1);
    // The cleanup leaves nothing that tells of the second activity; a truncated table is a gap.
    alice.create_activity("second").await;
    app.database.execute("truncate changes").await;
    assert_eq!(home().await.as_array().unwrap().len(), 2);
    alice.create_activity("third").await;
    assert_eq!(home().await.as_array().unwrap().len(), 3);
}

impl History {
    /// Compares every kind of answer.
    async fn compare(&mut self) {
        for path in self.paths() {
            for server in 0..2 {
                let comparison = Comparison {
                    cached: &self.servers[server],
                    cached_token: &self.tokens[server],
                    fresh: &self.servers[2],
                    fresh_token: &self.tokens[2],
                    may_refuse: server == 1 && self.second == Second::Cut,
                };
                comparison.of(&path, &self.log).await;
            }
        }
    }
}
