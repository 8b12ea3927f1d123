//! Migrations that run outside a transaction: what an interrupted run leaves is repaired by the next one.

use cruddur::db::schema;
use cruddur::error::Error;
use cruddur::operations::migrations::{self, MigrationReport};
use refinery::Migration;

use crate::migrators::{connector, options};
use crate::support::Database;

const CREATE: &str = "create table things (n integer); insert into things values (1), (1);";
const INDEX: &str = "-- Numbers are unique.\n-- cruddur: no transaction\n\n\
                     create unique index concurrently things_n_key on things (n);\n";

/// Whether the index exists and is valid: -1 if it does not exist, else 0 or 1.
const VALIDITY: &str = "
    select coalesce(max(indisvalid::integer), -1)::bigint
    from pg_index
    where indexrelid = to_regclass('things_n_key')";

fn with_index(text: &str) -> Vec<Migration> {
    vec![
        schema::parse("V1__create_things.sql", CREATE).unwrap(),
        schema::parse("V2__index_things.sql", text).unwrap(),
        schema::parse("V3__after.sql", "create table parts (n integer);").unwrap(),
    ]
}

async fn run(database: &Database, migrations: Vec<Migration>) -> Result<MigrationReport, String> {
    let connector = connector(database);
    match migrations::migrate_with(&connector, &options(), migrations).await {
        Err(Error::Operator(message, _)) => Err(message),
        report => Ok(report.unwrap()),
    }
}

async fn migrate(database: &Database, text: &str) -> Result<Vec<i32>, String> {
    let report = run(database, with_index(text)).await?;
    Ok(report.applied_now)
}

#[tokio::test]
async fn the_invalid_index_that_an_interrupted_migration_leaves_is_built_again_by_the_next_run() {
    let database = Database::empty().await;
    let message = migrate(&database, INDEX).await.unwrap_err();
    for part in ["migrations/V2__index_things.sql", "23505", "invalid index"] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(
        database.count(VALIDITY).await,
        0,
        "the index is left invalid"
    );
    let applied = "select count(*) from refinery_schema_history";
    assert_eq!(database.count(applied).await, 1);

    database
        .execute("delete from things where ctid = '(0,1)'")
        .await;
    assert_eq!(migrate(&database, INDEX).await, Ok(vec![2, 3]));
    assert_eq!(database.count(VALIDITY).await, 1);
    assert_eq!(migrate(&database, INDEX).await, Ok(vec![]));
    let status = run(&database, with_index(INDEX)).await.unwrap();
    assert!(
        status
            .migrations
            .iter()
            .all(|it| it.applied_on.is_some() && !it.diverged)
    );
}

#[tokio::test]
async fn an_index_that_an_operator_has_built_before_the_release_counts_as_built() {
    let database = Database::empty().await;
    database
        .execute("create table things (n integer); create index things_n_key on things (n)")
        .await;
    let by_hand = "select 'things_n_key'::regclass::oid::bigint";
    let before = database.count(by_hand).await;
    let mut migrations = with_index(INDEX);
    migrations.remove(0);
    let report = run(&database, migrations).await.unwrap();
    assert_eq!(report.applied_now, [2, 3]);
    assert_eq!(database.count(by_hand).await, before);
}

#[tokio::test]
async fn a_migration_outside_a_transaction_can_be_the_last_one_and_can_drop_an_index() {
    let database = Database::empty().await;
    let drop = "-- Not needed.\n-- cruddur: no transaction\ndrop index concurrently if exists things_n_key;";
    let mut migrations = with_index(drop);
    migrations.truncate(2);
    migrations[0] = schema::parse(
        "V1__create_things.sql",
        "create table things (n integer); create index things_n_key on things (n);",
    )
    .unwrap();
    let report = run(&database, migrations).await.unwrap();
    assert_eq!(report.applied_now, [1, 2]);
    assert_eq!(database.count(VALIDITY).await, -1);
}

#[tokio::test]
async fn a_migration_outside_a_transaction_with_a_second_statement_is_refused() {
    let database = Database::empty().await;
    let text = format!("{INDEX}create index concurrently things_m_idx on things (n);");
    let message = migrate(&database, &text).await.unwrap_err();
    assert!(message.contains("one statement"), "{message}");
    assert_eq!(database.count(VALIDITY).await, -1);
}
