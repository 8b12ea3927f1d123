//! Servers that migrate at the same time, one that is killed while it migrates, and a migration with an
//! error.

use cruddur::config::{ConnectionUrl, DatabaseAuth, DatabaseConfig, DatabaseLocation, Environment};
use cruddur::db::{Connector, schema};
use cruddur::error::Error;
use cruddur::operations::migrations::{self, Options};

use serde_json::{Value, json};

use crate::support::{Database, TestApp, eventually};

const SERVERS: usize = 8;

fn launch(database: &Database, number: usize) -> TestApp {
    let url = format!("{}?application_name=server-{number}", database.url());
    let database = Database {
        name: database.name.clone(),
    };
    TestApp::launch(database, &[("CONNECTION_URL", &url)], &["--migrate"])
}

async fn assert_migrated(database: &Database) {
    let files = schema::migrations().unwrap().len();
    let applied = "select count(*) from refinery_schema_history";
    assert_eq!(database.count(applied).await, i64::try_from(files).unwrap());
}

#[tokio::test]
async fn of_eight_servers_that_migrate_at_once_one_applies_and_all_serve() {
    let database = Database::empty().await;
    let apps: Vec<TestApp> = (0..SERVERS).map(|n| launch(&database, n)).collect();
    let mut appliers = 0;
    for app in &apps {
        let log: Value =
            serde_json::from_str(&app.wait_for_log("the migrations are done")).unwrap();
        appliers += usize::from(log["applied"] != 0);
        eventually(async || app.get("/readyz").await.status == 200).await;
        assert_eq!(app.get("/api/activities/home").await.ok(), json!([]));
    }
    assert_eq!(appliers, 1);
    assert_migrated(&database).await;
}

#[tokio::test]
async fn seven_servers_serve_after_the_one_that_migrates_is_killed() {
    let database = Database::empty().await;
    // The server that migrates waits in V2, which creates a table of the same name.
    let blocker = database.connect().await;
    blocker
        .batch_execute("begin; create table users (n integer)")
        .await
        .unwrap();
    let mut apps: Vec<TestApp> = (0..SERVERS).map(|n| launch(&database, n)).collect();
    let first = "select coalesce(max(substr(application_name, 8)), '-1')::bigint
        from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()";
    eventually(async || database.count(first).await >= 0).await;
    let first = usize::try_from(database.count(first).await).unwrap();
    apps.remove(first).kill();
    blocker.batch_execute("rollback").await.unwrap();
    for app in &apps {
        app.wait_for_log("\"schema\":\"current\"");
        assert_eq!(app.get("/readyz").await.status, 200);
    }
    assert_migrated(&database).await;
}

pub fn connector(database: &Database) -> Connector {
    let config = DatabaseConfig {
        target: DatabaseLocation::Url(Box::new(ConnectionUrl::parse(&database.url()).unwrap())),
        environment: Environment::Development,
        pool_size: 1,
        max_connections: None,
        authorities: Vec::new(),
        bin_dir: None,
        search_path: None,
        auth: DatabaseAuth::Password,
    };
    Connector::new(&config).unwrap()
}

pub fn options() -> Options {
    Options {
        environment: Environment::Development,
        dry_run: false,
        target: None,
        expired: None,
    }
}

#[tokio::test]
async fn the_error_of_a_migration_that_ends_its_session_is_reported() {
    let database = Database::empty().await;
    let text = "select pg_terminate_backend(pg_backend_pid());";
    let migrations = vec![schema::parse("V1__ends_its_session.sql", text).unwrap()];
    let error = migrations::migrate_with(&connector(&database), &options(), migrations)
        .await
        .unwrap_err();
    let Error::Operator(message, _) = error else {
        panic!("{error:?}");
    };
    assert!(
        message.starts_with("migrations/V1__ends_its_session.sql"),
        "{message}"
    );
    assert!(message.contains("57P01"), "{message}");
}

#[tokio::test]
async fn a_migration_with_an_error_is_rolled_back_names_its_line_and_runs_when_corrected() {
    let database = Database::empty().await;
    let (connector, options) = (connector(&database), options());
    let with = |text: &str| {
        let good = schema::parse("V1__good.sql", "create table good (n integer);").unwrap();
        vec![good, schema::parse("V2__second.sql", text).unwrap()]
    };
    let broken = "create table half (n integer);\r\n\r\ncreate tabel typo (n integer);\r\n";
    let error = migrations::migrate_with(&connector, &options, with(broken))
        .await
        .unwrap_err();
    let Error::Operator(message, _) = error else {
        panic!("{error:?}");
    };
    assert!(
        message.starts_with("migrations/V2__second.sql, line 3: syntax error"),
        "{message}"
    );
    assert!(message.contains("42601"), "{message}");
    let half = "select count(*) from pg_tables where tablename = 'half'";
    assert_eq!(database.count(half).await, 0);
    let corrected = broken.replace("tabel", "table");
    let report = migrations::migrate_with(&connector, &options, with(&corrected)).await;
    assert!(report.unwrap().applied_now.contains(&2));
    assert_eq!(database.count(half).await, 1);
}

#[tokio::test]
async fn requests_are_served_while_a_migration_waits_for_a_long_transaction() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    alice.create_activity("read all the time").await;
    let mut reader = app.database.connect().await;
    let reading = reader.transaction().await.unwrap();
    reading
        .batch_execute("select count(*) from activities")
        .await
        .unwrap();
    let text = "alter table activities add column of_a_later_release integer;";
    let mut migrations = schema::migrations().unwrap();
    migrations.push(schema::parse("V9001__of_a_later_release.sql", text).unwrap());
    let connector = connector(&app.database);
    let migrating = tokio::spawn(async move {
        let migrated = migrations::migrate_with(&connector, &options(), migrations).await;
        migrated.unwrap().applied_now
    });
    let waiting = "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and not granted
        and database = (select oid from pg_database where datname = current_database())";
    // The migration gives up its wait and tries again, and every request behind it is served.
    for _ in 0..3 {
        app.database.wait_for_count(waiting, 1).await;
        app.get("/api/activities/@alice").await.ok();
        alice.create_activity("written all the time").await;
        app.database.wait_for_count(waiting, 0).await;
    }
    reading.rollback().await.unwrap();
    assert_eq!(migrating.await.unwrap(), [9001]);
    app.get("/api/activities/@alice").await.ok();
}
