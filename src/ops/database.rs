//! Makes a database, drops it, or does both and fills it. It works through the maintenance database
//! of the same server; the name is that of the connection URL and no other.

use std::time::Duration;

use serde::Serialize;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use utoipa::ToSchema;

use super::guard::{self, Found};
use super::{migrations, seeds};
use crate::config::Environment;
use crate::db::health::State;
use crate::db::schema::Schema;
use crate::db::{Connector, Health, Pool};
use crate::error::{Error, Result};

/// Where to connect to for what cannot be done from inside; best first.
const MAINTENANCE: [&str; 2] = ["postgres", "template1"];
/// The server's own, which nobody drops.
const UNTOUCHABLE: [&str; 4] = ["postgres", "template0", "template1", "rdsadmin"];
/// How long a server looks for its new database before the operation answers.
const SETTLE_PATIENCE: Duration = Duration::from_secs(5);

/// The database to work on, and the server that lives on it, if that is who works.
pub struct Place<'a> {
    connector: &'a Connector,
    server: Option<(&'a Pool, &'a Health)>,
}

impl<'a> Place<'a> {
    /// For a command, which has no pool.
    pub fn of_command(connector: &'a Connector) -> Self {
        Self {
            connector,
            server: None,
        }
    }

    /// For a server: its own pool is closed first.
    pub fn of_server(connector: &'a Connector, pool: &'a Pool, health: &'a Health) -> Self {
        Self {
            connector,
            server: Some((pool, health)),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CreateReport {
    pub database: String,
    /// False: it was there already.
    pub created: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DropReport {
    pub database: String,
    /// False: it was not there.
    pub dropped: bool,
}

/// The four steps of a setup, each with its own report.
#[derive(Debug, Serialize, ToSchema)]
pub struct SetupReport {
    pub drop: DropReport,
    pub create: CreateReport,
    pub migrations: migrations::MigrationReport,
    pub seeds: seeds::Report,
}

/// What a setup may do.
pub struct SetupOptions<'a> {
    /// The stamp of a database that had none; another keeps its stamp.
    pub environment: Environment,
    pub confirm: Option<&'a str>,
}

/// Makes the database; one that is there is left alone.
pub async fn create(place: &Place<'_>) -> Result<CreateReport> {
    let database = place.connector.database();
    let client = connect_beside(place.connector).await?;
    let created = match execute(&client, Statement::Create, database).await {
        Ok(()) => true,
        Err(error) if error.code() == Some(&SqlState::DUPLICATE_DATABASE) => false,
        Err(error) => return Err(explain("create", database, error)),
    };
    if let Some((_, health)) = place.server {
        health.look_again();
    }
    Ok(CreateReport {
        database: database.to_owned(),
        created,
    })
}

/// Drops the database, whoever is connected to it.
///
/// # Errors
/// A guard's refusal, before anything was touched.
pub async fn drop(place: &Place<'_>, confirm: Option<&str>) -> Result<DropReport> {
    let found = permit(place.connector, "drop", confirm).await?;
    let _paused = match place.server {
        Some((pool, health)) => {
            health.forget();
            Some(pool.pause().await)
        }
        None => None,
    };
    drop_permitted(place.connector, found).await
}

/// Drops, creates, migrates and seeds; stops at the first failure. `step` is told the name of each
/// step before it begins.
///
/// # Errors
/// A guard's refusal, before anything was touched; whatever a step fails with.
pub async fn setup(
    place: &Place<'_>,
    options: &SetupOptions<'_>,
    step: impl Fn(&'static str),
) -> Result<SetupReport> {
    let connector = place.connector;
    let found = permit(connector, "set up", options.confirm).await?;
    let paused = match place.server {
        Some((pool, _)) => Some(pool.pause().await),
        None => None,
    };
    step("db-drop");
    let drop = drop_permitted(connector, found).await?;
    step("db-create");
    let create = create(&Place::of_command(connector)).await?;
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
    if let Some((_, health)) = place.server {
        settle(health).await;
    }
    Ok(SetupReport {
        drop,
        create,
        migrations,
        seeds,
    })
}

/// Returns when the server has found the new database, or after a while: it keeps looking.
async fn settle(health: &Health) {
    health.forget();
    health.look_again();
    let is_current = |state: &State| state.reachable && state.schema == Schema::Current;
    let _ = tokio::time::timeout(SETTLE_PATIENCE, health.wait_for(is_current)).await;
}

async fn permit(connector: &Connector, verb: &str, confirm: Option<&str>) -> Result<Found> {
    let database = connector.database();
    if UNTOUCHABLE.contains(&database) {
        return Err(Error::Guarded(format!(
            "refused to {verb}: {database} is the server's own; name another database in the \
             connection URL"
        )));
    }
    guard::permit(connector, verb, confirm).await
}

/// A database may be replaced by [`super::backup`], too, which asks the guard itself.
pub(super) async fn drop_permitted(connector: &Connector, found: Found) -> Result<DropReport> {
    let database = connector.database();
    if found != Found::Missing {
        let client = connect_beside(connector).await?;
        execute(&client, Statement::Drop, database)
            .await
            .map_err(|error| explain("drop", database, error))?;
    }
    Ok(DropReport {
        database: database.to_owned(),
        dropped: found != Found::Missing,
    })
}

async fn connect_beside(connector: &Connector) -> Result<Client> {
    let [first, second] = MAINTENANCE;
    match connector.for_database(first).connect().await {
        Err(error) if error.sql_state() == Some(&SqlState::INVALID_CATALOG_NAME) => {
            connector.for_database(second).connect().await
        }
        client => client,
    }
}

enum Statement {
    Create,
    Drop,
}

/// The only two statements that are built at run time: neither takes a parameter.
async fn execute(
    client: &Client,
    statement: Statement,
    database: &str,
) -> Result<(), tokio_postgres::Error> {
    let name = database.replace('"', "\"\"");
    let statement = match statement {
        // template0: nobody is connected to it, and nobody has put anything into it.
        Statement::Create => format!("create database \"{name}\" template template0"),
        Statement::Drop => format!("drop database if exists \"{name}\" with (force)"),
    };
    client.batch_execute(&statement).await
}

fn explain(verb: &str, database: &str, error: tokio_postgres::Error) -> Error {
    let advice = match error.code() {
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => format!(
            "the account of the connection URL may not {verb} {database}: use one with CREATEDB \
             that owns it"
        ),
        _ => format!("could not {verb} {database}"),
    };
    Error::Operator(advice, Some(error.into()))
}
