//! `cruddur db inspect` and `GET /admin/inspect`: a database that was made sick on purpose, and a healthy one.

use std::path::Path;

use serde_json::{Value, json};
use tokio_postgres::{Client, NoTls};

use crate::support::{
    ADMIN_TOKEN, CommandOutput, Database, ExternalPostgres, TestApp, all_postgres_programs,
    cruddur, default_programs, eventually,
};

/// What no output may show.
const SECRETS: [&str; 2] = ["my secret", "4711"];

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn pid(client: &Client) -> i32 {
    let row = client.query_one("select pg_backend_pid()", &[]).await;
    row.unwrap().get(0)
}

async fn run(url: &str, arguments: &[&str]) -> CommandOutput {
    let mut command = cruddur(arguments);
    command.env("CONNECTION_URL", url);
    CommandOutput::of(command).await
}

async fn inspect(url: &str) -> Value {
    let ages = ["--long-transaction", "1s", "--unused-after", "0"];
    let arguments = [&["db", "inspect", "--json"], &ages[..]].concat();
    let report = run(url, &arguments).await.report();
    assert_shows_no_secret(&report.to_string());
    report
}

#[track_caller]
fn assert_shows_no_secret(output: &str) {
    for secret in SECRETS {
        assert!(!output.contains(secret), "{output}");
    }
}

fn section<'report>(report: &'report Value, name: &str) -> &'report Value {
    let sections = report["sections"].as_array().unwrap();
    let found = sections.iter().find(|section| section["name"] == name);
    found.unwrap_or_else(|| panic!("no section {name}"))
}

fn lines<'report>(report: &'report Value, name: &str) -> &'report Vec<Value> {
    section(report, name)["lines"].as_array().unwrap()
}

/// The verdict and the remedy of a subject; null if it is not listed.
fn judged(report: &Value, name: &str, subject: &str) -> (Value, Value) {
    let found = lines(report, name)
        .iter()
        .find(|line| line["subject"].as_str().unwrap().starts_with(subject));
    let line = found.cloned().unwrap_or_default();
    (line["verdict"].clone(), line["remedy"].clone())
}

fn psql(statement: &str) -> Value {
    let quoted = statement.replace('\'', r"'\''");
    json!(format!("cruddur db connect -- -c '{quoted}'"))
}

const SICK_SETTINGS: [&str; 7] = [
    "max_connections=30",
    "max_prepared_transactions=2",
    "shared_preload_libraries=pg_stat_statements",
    "pg_stat_statements.track_planning=on",
    "autovacuum=off",
    "autovacuum_freeze_max_age=100000",
    "max_replication_slots=2",
];

/// Free space in a table, an index that is not used, one that is there twice, one that is invalid, dead rows, a slot that no
/// standby uses, and a prepared transaction.
const SICKNESS: &str = "
    create extension pg_stat_statements;
    create table bloated (id integer primary key, label text);
    insert into bloated select n, repeat('x', 60) from generate_series(1, 200000) as n;
    create index bloated_label_idx on bloated (label);
    create index bloated_id_idx on bloated (id);
    delete from bloated where id % 10 <> 0;
    create table churned (id integer);
    insert into churned select n from generate_series(1, 30000) as n;
    create table twice (id integer);
    insert into twice values (1), (1);
    create table row_locks (name text primary key, n integer);
    insert into row_locks values ('a', 0), ('b', 0), ('c', 0), ('d', 0);
    select pg_create_physical_replication_slot('gone_standby', true);";

/// The connections that keep a database sick.
struct Sickness {
    postgres: ExternalPostgres,
    /// An old snapshot.
    old: Client,
    /// The chain of four, of which each waits for the one before.
    chain: Vec<i32>,
    _idle: Vec<Client>,
}

impl Sickness {
    async fn cause(programs: &Path) -> Self {
        let postgres = ExternalPostgres::start_with(programs, &SICK_SETTINGS);
        let url = postgres.url("localhost");
        let db = connect(&url).await;
        db.batch_execute(SICKNESS).await.unwrap();
        // The session reports what it has deleted with a delay; a report after the vacuum would count rows as dead again.
        let is_counted = "select n_tup_del = 180000 and n_dead_tup = 0 from pg_stat_user_tables where relname = 'bloated'";
        eventually(async || {
            db.batch_execute("vacuum (analyze) bloated").await.unwrap();
            db.query_one(is_counted, &[]).await.unwrap().get(0)
        })
        .await;
        let invalid = "create unique index concurrently twice_id_key on twice (id)";
        db.batch_execute(invalid).await.unwrap_err();
        db.batch_execute(
            "create role monitor login password 'open-sesame'; grant pg_monitor to monitor",
        )
        .await
        .unwrap();
        db.batch_execute(
            "begin; insert into churned values (4711); prepare transaction 'left_behind'",
        )
        .await
        .unwrap();

        let old = connect(&url).await;
        old.batch_execute(
            "begin isolation level repeatable read; select 'my secret 4711' from churned limit 1",
        )
        .await
        .unwrap();
        // Not even a vacuum against wraparound removes the rows that the old snapshot sees.
        db.batch_execute("update churned set id = -id")
            .await
            .unwrap();
        // Each commit uses up a transaction id.
        db.batch_execute(
            "do $$ begin for n in 1..320000 loop perform pg_current_xact_id(); commit; end loop; end $$",
        )
        .await
        .unwrap();

        let mut idle = Vec::new();
        let chain = block_four(&url, &mut idle).await;
        let slow: Vec<Client> =
            futures_util::future::join_all((0..12).map(|_| connect(&url))).await;
        let sleep = "select pg_sleep(0.3), 'my secret 4711' /* my secret */";
        futures_util::future::join_all(slow.iter().map(|client| client.batch_execute(sleep))).await;
        idle.extend(slow);
        // 27 of 30 connections are for accounts without special rights. One more is that of the command.
        let count = "select count(*) from pg_stat_activity where backend_type = 'client backend'";
        while db.query_one(count, &[]).await.unwrap().get::<_, i64>(0) < 25 {
            idle.push(connect(&url).await);
        }
        idle.push(db);
        Self {
            postgres,
            old,
            chain,
            _idle: idle,
        }
    }

    fn url(&self, account: &str) -> String {
        let url = self.postgres.url("localhost");
        url.replace("user=cruddur", &format!("user={account}"))
    }
}

/// Starts four sessions, of which the second waits for the first, the third for the second, and the fourth for the third.
async fn block_four(url: &str, idle: &mut Vec<Client>) -> Vec<i32> {
    let mut pids = Vec::new();
    let lock = |name: char| {
        format!("update row_locks set n = n + 4711 where name in ('{name}', 'my secret')")
    };
    for (own, awaited) in [
        ('a', None),
        ('b', Some('a')),
        ('c', Some('b')),
        ('d', Some('c')),
    ] {
        let session = connect(url).await;
        let own = format!("begin; {}", lock(own));
        session.batch_execute(&own).await.unwrap();
        pids.push(pid(&session).await);
        match awaited {
            None => idle.push(session),
            Some(awaited) => {
                let wait = lock(awaited);
                tokio::spawn(async move { session.batch_execute(&wait).await });
            }
        }
    }
    pids
}

#[tokio::test]
async fn every_ill_of_a_sick_database_is_found_with_its_verdict_and_remedy() {
    for programs in all_postgres_programs() {
        let sick = Sickness::cause(&programs).await;
        let url = sick.url("cruddur");
        let chain_is_judged = async || {
            let report = inspect(&url).await;
            section(&report, "blocking")["verdict"] == "act"
                && section(&report, "transactions")["verdict"] != "fine"
        };
        eventually(chain_is_judged).await;
        let report = inspect(&url).await;
        let of = |name: &str, subject: &str| judged(&report, name, subject);
        assert_eq!(report["verdict"], "act", "{report}");
        assert!(report["milliseconds"].as_u64().unwrap() < 2_000, "{report}");

        let [first, .., last] = sick.chain[..] else {
            panic!()
        };
        let chain = lines(&report, "blocking");
        let depths: Vec<&Value> = chain.iter().map(|line| &line["depth"]).collect();
        assert_eq!(depths, [0, 1, 2, 3], "{report}");
        for (line, pid) in chain.iter().zip(&sick.chain) {
            let subject = line["subject"].as_str().unwrap();
            assert!(subject.starts_with(&format!("process {pid} ")), "{line}");
            let remedy = line["remedy"].as_str().unwrap();
            let end = format!("cruddur db terminate {first} --backend-start ");
            assert!(remedy.starts_with(&end), "{line}");
        }
        let (verdict, _) = of("blocking", &format!("process {first} "));
        assert_eq!(verdict, "act", "{report}");
        let finding = chain[3]["finding"].as_str().unwrap();
        let statement = "update row_locks set n = n + ? where name in (?, ?)";
        assert!(finding.contains(statement), "{finding} of {last}");

        let old = format!("process {} ", pid_of_old(&sick).await);
        assert_ne!(of("transactions", &old).0, "fine", "{report}");
        assert_eq!(of("vacuum_horizon", &old).0, "act", "{report}");
        let prepared = of("prepared_transactions", "left_behind");
        assert_ne!(prepared.0, "fine", "{report}");
        assert_eq!(prepared.1, psql("rollback prepared 'left_behind'"));

        assert_eq!(
            of("vacuum", "database postgres"),
            (json!("act"), psql("vacuum (freeze)"))
        );
        assert_eq!(of("vacuum", "autovacuum").0, "act");
        assert_eq!(
            of("tables", "bloated"),
            (json!("look"), json!("pg_repack --table=bloated"))
        );
        assert_eq!(
            of("tables", "churned"),
            (json!("look"), psql("vacuum (analyze) churned"))
        );
        let drop = psql("drop index concurrently bloated_label_idx");
        assert_eq!(
            of("unused_indexes", "bloated_label_idx"),
            (json!("look"), drop)
        );
        let drop = psql("drop index concurrently bloated_id_idx");
        assert_eq!(
            of("duplicate_indexes", "bloated_id_idx"),
            (json!("act"), drop)
        );
        let rebuild = psql("reindex index concurrently twice_id_key");
        assert_eq!(of("indexes", "twice_id_key"), (json!("act"), rebuild));
        assert_eq!(of("connections", "all connections").0, "act", "{report}");
        let drop = psql("select pg_drop_replication_slot('gone_standby')");
        assert_eq!(
            of("replication_slots", "gone_standby"),
            (json!("look"), drop)
        );
        let slow = lines(&report, "statements").iter().find(|line| {
            line["finding"]
                .as_str()
                .unwrap()
                .ends_with("select pg_sleep(?), ?")
                || line["finding"]
                    .as_str()
                    .unwrap()
                    .contains("select pg_sleep($1), $2")
        });
        let slow = slow.unwrap_or_else(|| panic!("{report}"));
        assert_eq!(slow["verdict"], "look", "{report}");
        for section in report["sections"].as_array().unwrap() {
            assert_eq!(section["note"], Value::Null, "{section}");
        }

        let text = run(&url, &["db", "inspect", "--all"]).await;
        assert_eq!(text.code, 0, "{}", text.stderr);
        assert_shows_no_secret(&text.stdout);
        assert!(
            text.stdout.contains("act   duplicate indexes"),
            "{}",
            text.stdout
        );
        assert_monitor_finds_as_much(&sick, &report).await;
    }
}

async fn pid_of_old(sick: &Sickness) -> i32 {
    pid(&sick.old).await
}

/// An account with `pg_monitor` and without any right on a table sees the same, except the estimate of free space.
async fn assert_monitor_finds_as_much(sick: &Sickness, report: &Value) {
    let monitored = inspect(&sick.url("monitor")).await;
    for section in report["sections"].as_array().unwrap() {
        let name = section["name"].as_str().unwrap();
        let seen = self::section(&monitored, name);
        // Transactions get older meanwhile.
        match name {
            "transactions" | "prepared_transactions" => assert_ne!(seen["verdict"], "fine"),
            _ => assert_eq!(seen["verdict"], section["verdict"], "{name}: {monitored}"),
        }
        let note = seen["note"].as_str().unwrap_or_default();
        assert_eq!(note.contains("free space"), name == "tables", "{seen}");
    }
}

#[tokio::test]
async fn a_healthy_database_is_fine_in_every_line() {
    for programs in all_postgres_programs() {
        let postgres = ExternalPostgres::start(&programs, None);
        let url = postgres.url("localhost");
        let settings = [("CONNECTION_URL", &*url), ("ADMIN_TOKEN", ADMIN_TOKEN)];
        let app = TestApp::launch(Database::placeholder(), &settings, &["--migrate"]);
        app.wait_for_log("\"schema\":\"current\"");
        let db = connect(&url).await;
        db.batch_execute(
            "insert into users (cognito_user_id, handle, display_name) values ('a', 'a', 'A');
             insert into activities (user_uuid, message, expires_at)
             select uuid, 'hello', now() + interval '1 day' from users, generate_series(1, 20000) as n;
             analyze",
        )
        .await
        .unwrap();
        for _ in 0..3 {
            app.get("/api/activities/home").await.ok();
        }
        let report = app.admin().get("/admin/inspect").await.ok();
        assert_eq!(report["verdict"], "fine", "{report}");
        for section in report["sections"].as_array().unwrap() {
            assert_eq!(section["note"], Value::Null, "{section}");
            assert!(
                !section["lines"].as_array().unwrap().is_empty(),
                "{section}"
            );
            for line in section["lines"].as_array().unwrap() {
                assert_eq!(line["verdict"], "fine", "{line}");
            }
        }
        let get_it = lines(&report, "statements")[0]["remedy"].as_str().unwrap();
        assert!(get_it.contains("shared_preload_libraries"), "{get_it}");
        let malformed = app
            .admin()
            .get("/admin/inspect?long_transaction=soon")
            .await;
        malformed.problem(400, "malformed_query");
    }
}

/// What does not change from one reading to the next.
fn names_and_verdicts(report: &Value) -> Vec<(Value, Value)> {
    let sections = report["sections"].as_array().unwrap().iter();
    sections
        .map(|section| (section["name"].clone(), section["verdict"].clone()))
        .collect()
}

#[tokio::test]
async fn the_inspect_route_and_command_give_the_same_report_and_change_nothing() {
    let app = TestApp::start_operated().await;
    let route = app.admin().get("/admin/inspect").await.ok();
    let command = app
        .database
        .run(&["db", "inspect", "--json"])
        .await
        .report();
    assert_eq!(route["database"], command["database"]);
    assert_eq!(route["postgresql"], command["postgresql"]);
    // Other tests use the same server, so that what belongs to the whole server may differ.
    for name in ["account", "unused_indexes", "duplicate_indexes"] {
        assert_eq!(section(&route, name), section(&command, name));
    }
    let names = |report| -> Vec<Value> {
        names_and_verdicts(report)
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    };
    assert_eq!(names(&route), names(&command));
    let read_only = format!(
        "{}?options=-c%20default_transaction_read_only%3Don",
        app.database.url()
    );
    let settings = [("CONNECTION_URL", &*read_only)];
    let arguments = ["db", "inspect", "--json"];
    let report = app.database.run_with(&settings, &arguments).await.report();
    for section in report["sections"].as_array().unwrap() {
        assert_eq!(section["note"], Value::Null, "{section}");
    }
}

#[tokio::test]
async fn a_part_that_waits_for_a_lock_says_so_and_the_others_are_shown() {
    let postgres = ExternalPostgres::start(&default_programs(), None);
    let url = postgres.url("localhost");
    let db = connect(&url).await;
    db.batch_execute(
        "create table locked (n integer);
         insert into locked select generate_series(1, 1000);
         analyze locked",
    )
    .await
    .unwrap();
    db.batch_execute(
        "begin;
         lock table locked in access exclusive mode;
         lock table pg_extension in access exclusive mode",
    )
    .await
    .unwrap();
    let report = inspect(&url).await;
    let statements = section(&report, "statements");
    assert_eq!(statements["verdict"], "look", "{report}");
    let note = statements["note"].as_str().unwrap();
    assert!(note.starts_with("timed out"), "{note}");
    for name in ["connections", "tables", "indexes", "vacuum", "checkpoints"] {
        assert_eq!(section(&report, name)["verdict"], "fine", "{report}");
    }
    assert_eq!(judged(&report, "tables", "locked").0, "fine", "{report}");
}

#[tokio::test]
async fn a_standby_that_lags_is_found_on_both_servers() {
    for programs in all_postgres_programs() {
        let primary = ExternalPostgres::start(&programs, None);
        let standby = primary.start_standby(&programs, "0");
        let [on_primary, on_standby] = [&primary, &standby].map(|server| server.url("localhost"));
        let replay = connect(&on_standby).await;
        replay
            .batch_execute("select pg_wal_replay_pause()")
            .await
            .unwrap();
        let db = connect(&on_primary).await;
        db.batch_execute(
            "create table filler as select repeat(n::text, 200) as text from generate_series(10000, 99999) as n",
        )
        .await
        .unwrap();
        let verdict =
            async |url: &str| section(&inspect(url).await, "replication")["verdict"].clone();
        eventually(async || verdict(&on_primary).await == "look").await;
        let report = inspect(&on_standby).await;
        assert_eq!(report["is_standby"], true);
        let paused = judged(&report, "replication", "replay of this standby");
        assert_eq!(
            paused,
            (json!("act"), psql("select pg_wal_replay_resume()"))
        );
        for section in report["sections"].as_array().unwrap() {
            assert_eq!(section["note"], Value::Null, "{section}");
        }
        replay
            .batch_execute("select pg_wal_replay_resume()")
            .await
            .unwrap();
        eventually(async || {
            verdict(&on_primary).await == "fine" && verdict(&on_standby).await == "fine"
        })
        .await;
    }
}

#[tokio::test]
async fn an_account_without_pg_monitor_is_told_how_to_get_it() {
    let postgres = ExternalPostgres::start(&default_programs(), None);
    let url = postgres.url("localhost");
    let create = "create role plain login password 'open-sesame'";
    connect(&url).await.batch_execute(create).await.unwrap();
    let report = inspect(&url.replace("user=cruddur", "user=plain")).await;
    let expected = (json!("look"), psql("grant pg_monitor to plain"));
    assert_eq!(judged(&report, "account", "plain"), expected);
}

#[tokio::test]
async fn the_remedies_of_statement_statistics_follow_what_is_missing() {
    let library = ["shared_preload_libraries=pg_stat_statements"];
    let postgres = ExternalPostgres::start_with(&default_programs(), &library);
    let url = postgres.url("localhost");
    let remedy = async || judged(&inspect(&url).await, "statements", "pg_stat_statements").1;
    assert_eq!(remedy().await, psql("create extension pg_stat_statements"));
    let db = connect(&url).await;
    db.batch_execute(
        "create schema \"of the DBA\"; create extension pg_stat_statements schema \"of the DBA\"",
    )
    .await
    .unwrap();
    db.batch_execute("select 'my secret'").await.unwrap();
    let report = inspect(&url).await;
    assert_eq!(
        section(&report, "statements")["note"],
        Value::Null,
        "{report}"
    );
    assert!(lines(&report, "statements").len() > 1, "{report}");
}
