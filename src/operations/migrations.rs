//! Lists the pending migrations and applies them, forward only. `db::schema` reads the files; refinery
//! runs each migration in its own transaction, `outside` those that may not run in one.

pub mod cli;
mod connection;
pub mod draft;
mod error;
pub(in crate::operations) mod head;
pub mod http;
pub(in crate::operations) mod lock;
mod outside;
mod repair;
mod run;

use refinery::Migration;
use serde::{Deserialize, Serialize};
use tokio_postgres::Client;
use utoipa::ToSchema;

use super::lock_watch::LockWatch;
use crate::config::Environment;
use crate::db::Connector;
use crate::db::schema::{self, Standing};
use crate::error::{Error, Result};
use connection::MigrationConnection;
use lock::MigrationLock;

/// What a migration run applies, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The environment with which a new database is stamped.
    pub environment: Environment,
    /// Report the pending migrations and change nothing.
    pub dry_run: bool,
    /// The last version to apply; `None` applies all.
    pub target: Option<i32>,
    /// What to do with the prototype's expired activities, where there are any.
    pub expired: Option<Expired>,
}

/// What to do with the expired activities of the prototype, which never hid them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Expired {
    /// Keep them, without an expiry.
    Keep,
    /// Delete them.
    Purge,
}

/// Every migration of the program, and which of them the call applied or repaired.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MigrationsReport)]
pub struct MigrationReport {
    /// The database's name.
    pub database: String,
    /// The database's stamp; null before it has one.
    pub environment: Option<Environment>,
    /// Whether the call only reports.
    pub dry_run: bool,
    /// Versions applied by this call.
    pub applied_now: Vec<i32>,
    /// Versions that this call repaired: the database had applied an earlier text of their file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repaired_now: Vec<i32>,
    /// The migrations in the order of their versions.
    pub migrations: Vec<MigrationStatus>,
    /// How many rows of the prototype were kept, changed or deleted, in a database that was taken over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub takeover: Vec<TakeoverCount>,
}

/// One migration of the program.
#[derive(Debug, Serialize, ToSchema)]
pub struct MigrationStatus {
    /// The number after `V` in the file's name.
    pub version: i32,
    /// The part of the file's name after the version.
    pub name: String,
    /// The checksum of the file in this program.
    pub checksum: String,
    /// When the database applied it; null while pending.
    pub applied_on: Option<String>,
    /// Whether the database applied a text that this program does not know.
    pub diverged: bool,
    /// Whether the database applied an earlier text of the file, which `cruddur db migrate` repairs.
    pub needs_repair: bool,
}

/// The number of prototype rows with one outcome.
#[derive(Debug, Serialize, ToSchema)]
pub struct TakeoverCount {
    /// What the migrations did with the rows.
    pub outcome: String,
    /// The number of rows.
    pub rows: i64,
}

/// Reports which migrations are applied and which are pending.
///
/// # Errors
/// A database that does not answer within five seconds, with the sessions that hold a lock.
pub async fn status(connector: &Connector) -> Result<MigrationReport> {
    report_only(connector, schema::migrations()?).await
}

/// Repairs migrations that were applied with an earlier text, then applies the pending ones. When
/// several processes call it at the same time, one of them migrates and the others wait.
///
/// # Errors
/// A migration that was applied with an unknown text; a file that fails, with its line and SQLSTATE, which
/// is then rolled back; a lock that another session holds for ten minutes; expired activities of the
/// prototype without a choice in `options`.
pub async fn migrate(connector: &Connector, options: &Options) -> Result<MigrationReport> {
    migrate_with(connector, options, schema::migrations()?).await
}

/// As [`migrate`], with other migrations than those of the program.
pub async fn migrate_with(
    connector: &Connector,
    options: &Options,
    migrations: Vec<Migration>,
) -> Result<MigrationReport> {
    if options.dry_run {
        return report_only(connector, migrations).await;
    }
    let mut client = connector.connect().await?;
    let lock = MigrationLock::acquire(connector).await?;
    let outcome = apply(&mut client, options, &migrations).await;
    let released = lock.release().await;
    let changes = outcome?;
    released?;
    report(&client, connector.database(), migrations, false, changes).await
}

/// The versions that a call has changed.
#[derive(Default)]
struct Changes {
    repaired: Vec<i32>,
    applied: Vec<i32>,
}

async fn apply(
    client: &mut Client,
    options: &Options,
    migrations: &[Migration],
) -> Result<Changes> {
    refuse_divergence(client, migrations).await?;
    if options.expired.is_none() {
        require_choice_for_expired(client).await?;
    }
    let expired = match options.expired {
        Some(Expired::Keep) => "keep",
        Some(Expired::Purge) => "purge",
        None => "",
    };
    let mut connection = MigrationConnection {
        client,
        environment: options.environment.as_str(),
        expired,
    };
    let repaired = repair::repair(&mut connection, migrations).await?;
    let applied = run::run(&mut connection, migrations, options.target).await?;
    Ok(Changes { repaired, applied })
}

async fn refuse_divergence(client: &Client, migrations: &[Migration]) -> Result<()> {
    let applied = schema::list_applied(client).await?;
    for migration in migrations {
        if Standing::of(migration, &applied) == Standing::Diverged {
            return Err(Error::operator(format!(
                "{migration} was applied with another text than this program's: an applied migration \
                 must not change; run the version of Cruddur that applied it"
            )));
        }
    }
    Ok(())
}

async fn require_choice_for_expired(client: &Client) -> Result<()> {
    let row = client
        .query_one(include_str!("sql/find_prototype.sql"), &[])
        .await?;
    if !row.try_get("present")? {
        return Ok(());
    }
    let row = client
        .query_one(include_str!("sql/count_prototype_activities.sql"), &[])
        .await?;
    let (found, expired): (i64, i64) = (row.try_get("found")?, row.try_get("expired")?);
    if expired == 0 {
        return Ok(());
    }
    Err(Error::operator(format!(
        "{expired} of the prototype's {found} activities have expired: choose --purge-expired to \
         delete them, or --keep-expired to keep them without an expiry"
    )))
}

async fn report_only(connector: &Connector, migrations: Vec<Migration>) -> Result<MigrationReport> {
    let (client, watch) = LockWatch::connect_for_report(connector).await?;
    let database = connector.database();
    let report = report(&client, database, migrations, true, Changes::default());
    watch.during(report).await
}

async fn report(
    client: &Client,
    database: &str,
    migrations: Vec<Migration>,
    dry_run: bool,
    changes: Changes,
) -> Result<MigrationReport> {
    let applied = schema::list_applied(client).await?;
    let migrations = migrations
        .into_iter()
        .map(|migration| {
            let found = applied
                .iter()
                .find(|applied| applied.version == migration.version());
            let standing = Standing::of(&migration, &applied);
            MigrationStatus {
                version: migration.version(),
                name: migration.name().to_owned(),
                applied_on: found.map(|applied| applied.applied_on.clone()),
                diverged: standing == Standing::Diverged,
                needs_repair: standing == Standing::NeedsRepair,
                checksum: migration.checksum().to_string(),
            }
        })
        .collect();
    let takeover = match client
        .query_typed(include_str!("sql/list_takeover.sql"), &[])
        .await
    {
        // Only a database that was taken over has the table.
        Err(_) => Vec::new(),
        Ok(rows) => rows
            .iter()
            .map(|row| {
                Ok(TakeoverCount {
                    outcome: row.try_get("outcome")?,
                    rows: row.try_get("rows")?,
                })
            })
            .collect::<Result<_, tokio_postgres::Error>>()?,
    };
    Ok(MigrationReport {
        database: database.to_owned(),
        environment: schema::find_environment(client).await?,
        dry_run,
        applied_now: changes.applied,
        repaired_now: changes.repaired,
        migrations,
        takeover,
    })
}
