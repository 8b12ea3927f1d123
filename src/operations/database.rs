//! Creates a database, drops it, or drops, creates, migrates and seeds it. The database is always that of
//! the connection URL; `maintenance` runs the statements.

pub mod cli;
pub mod http;
pub(super) mod maintenance;
mod setup_lock;

use std::time::Duration;

use serde::Serialize;
use tokio_postgres::error::SqlState;
use utoipa::ToSchema;

use self::maintenance::Statement;
use self::setup_lock::SetupLock;
use super::guard::{self, DatabaseState};
use super::migrations::{self, MigrationReport};
use super::seeds::{self, SeedReport};
use crate::config::Environment;
use crate::db::health::State;
use crate::db::schema::Schema;
use crate::db::{Connector, Health, Pool};
use crate::error::{Error, Result};

/// Databases of the PostgreSQL server itself and of RDS; never dropped.
const RESERVED: [&str; 4] = ["postgres", "template0", "template1", "rdsadmin"];
/// How long a setup waits before it responds until a probe has found the new database.
const FOUND_TIMEOUT: Duration = Duration::from_secs(5);

/// The database to work on, and the pool and health of this process where it is a server.
pub struct DatabaseTarget<'a> {
    connector: &'a Connector,
    server: Option<(&'a Pool, &'a Health)>,
}

impl<'a> DatabaseTarget<'a> {
    /// For a command, which has no pool.
    pub fn for_command(connector: &'a Connector) -> Self {
        Self {
            connector,
            server: None,
        }
    }

    /// For a server: a drop pauses its pool first.
    pub fn for_server(connector: &'a Connector, pool: &'a Pool, health: &'a Health) -> Self {
        Self {
            connector,
            server: Some((pool, health)),
        }
    }
}

/// The result of creating a database.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreateReport {
    /// The database's name.
    pub database: String,
    /// Whether it was created; false if it existed before.
    pub created: bool,
}

/// The result of dropping a database.
#[derive(Debug, Serialize, ToSchema)]
pub struct DropReport {
    /// The database's name.
    pub database: String,
    /// Whether it was dropped; false if it did not exist.
    pub dropped: bool,
}

/// The four steps of a setup, each with its own report.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetupReport {
    /// The first step.
    pub drop: DropReport,
    /// The second step.
    pub create: CreateReport,
    /// The third step.
    pub migrations: MigrationReport,
    /// The fourth step, with the set `demo`.
    pub seeds: SeedReport,
}

/// The choices of a setup.
pub struct SetupOptions<'a> {
    /// The stamp for a database without one; a stamped database keeps its stamp.
    pub environment: Environment,
    /// The database's name, as the guard requires it.
    pub confirm: Option<&'a str>,
}

/// Creates the database; does nothing if it exists.
///
/// # Errors
/// An account without `CREATEDB`; a server that is unreachable.
pub async fn create(target: &DatabaseTarget<'_>) -> Result<CreateReport> {
    let database = target.connector.database();
    let client = maintenance::connect(target.connector).await?;
    let statement = Statement::Create(database);
    let created = match statement.execute(&client).await {
        Ok(()) => true,
        Err(error) if error.code() == Some(&SqlState::DUPLICATE_DATABASE) => false,
        Err(error) => return Err(statement.explain(error)),
    };
    if let Some((_, health)) = target.server {
        health.request_probe();
    }
    Ok(CreateReport {
        database: database.to_owned(),
        created,
    })
}

/// Drops the database and terminates the sessions connected to it.
///
/// # Errors
/// The guard's refusal, before anything is changed.
pub async fn drop(target: &DatabaseTarget<'_>, confirm: Option<&str>) -> Result<DropReport> {
    let found = permit(target.connector, "drop", confirm).await?;
    let _paused = match target.server {
        Some((pool, health)) => {
            health.mark_unreachable();
            Some(pool.pause().await)
        }
        None => None,
    };
    drop_permitted(target.connector, found).await
}

/// Drops, creates, migrates and seeds the database; stops at the first failure. `step` is called with
/// the name of each step before it begins.
///
/// # Errors
/// The guard's refusal, or that of a second setup of the database while one runs, before anything is changed; the
/// failure of a step.
pub async fn setup(
    target: &DatabaseTarget<'_>,
    options: &SetupOptions<'_>,
    step: impl Fn(&'static str),
) -> Result<SetupReport> {
    let client = maintenance::connect(target.connector).await?;
    let lock = SetupLock::acquire(client, target.connector.database()).await?;
    let outcome = run_setup(target, options, step).await;
    lock.release().await;
    outcome
}

async fn run_setup(
    target: &DatabaseTarget<'_>,
    options: &SetupOptions<'_>,
    step: impl Fn(&'static str),
) -> Result<SetupReport> {
    let connector = target.connector;
    let found = permit(connector, "set up", options.confirm).await?;
    let paused = match target.server {
        Some((pool, _)) => Some(pool.pause().await),
        None => None,
    };
    step("db-drop");
    let drop = drop_permitted(connector, found).await?;
    step("db-create");
    let create = create(&DatabaseTarget::for_command(connector)).await?;
    step("db-schema-load");
    let migrate = migrations::Options {
        environment: found.environment().unwrap_or(options.environment),
        dry_run: false,
        target: None,
        expired: None,
    };
    let migrations = migrations::migrate(connector, &migrate).await?;
    step("db-seed");
    let seeds = seeds::load(connector, seeds::DEMO, options.confirm).await?;
    std::mem::drop(paused);
    if let Some((_, health)) = target.server {
        wait_until_found(health).await;
    }
    Ok(SetupReport {
        drop,
        create,
        migrations,
        seeds,
    })
}

/// Returns when a probe has found the new database, or at the timeout.
async fn wait_until_found(health: &Health) {
    health.mark_unreachable();
    health.request_probe();
    let is_current = |state: &State| state.reachable && state.schema == Schema::Current;
    let _ = tokio::time::timeout(FOUND_TIMEOUT, health.wait_for(is_current)).await;
}

/// Permits the operation `verb` as the guard does, and never on one of the server's own databases.
pub(super) async fn permit(
    connector: &Connector,
    verb: &str,
    confirm: Option<&str>,
) -> Result<DatabaseState> {
    let database = connector.database();
    if RESERVED.contains(&database) {
        return Err(Error::Guarded(format!(
            "refused to {verb}: {database} is one of the server's own databases; name another in the \
             connection URL"
        )));
    }
    guard::permit(connector, verb, confirm).await
}

/// Drops the database without a check by the guard, which the caller has made already.
async fn drop_permitted(connector: &Connector, found: DatabaseState) -> Result<DropReport> {
    let database = connector.database();
    if found != DatabaseState::Missing {
        let client = maintenance::connect(connector).await?;
        let statement = Statement::Drop(database);
        let dropped = statement.execute(&client).await;
        dropped.map_err(|error| statement.explain(error))?;
    }
    Ok(DropReport {
        database: database.to_owned(),
        dropped: found != DatabaseState::Missing,
    })
}
