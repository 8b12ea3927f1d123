//! Compares the schema of a database with the one that the migrations make: both are read from the catalogue, the second
//! one in a scratch database beside the first, to which the same migrations are applied. Owners and privileges are not
//! compared, because migrations name no role.

pub mod cli;
mod snapshot;

use serde::Serialize;
use tokio_postgres::error::SqlState;

use super::database::maintenance::{self, Statement};
use super::lock_watch::LockWatch;
use super::migrations::{self, Options};
use crate::config::Environment;
use crate::db::Connector;
use crate::db::schema::{self, Applied, Standing};
use crate::error::{Error, Result};
pub use snapshot::{Difference, Direction};
use snapshot::{Schema, Snapshot};

/// How a schema differs from the migrations.
#[derive(Debug, Serialize)]
pub struct DriftReport {
    /// The database's name.
    pub database: String,
    /// The number of migrations that the database has applied; the pending ones are not compared.
    pub migrations: usize,
    /// The objects that differ, by kind and name.
    pub differences: Vec<Difference>,
}

/// Compares the schema of the database with the one that its applied migrations make.
///
/// # Errors
/// A database without migrations, with one that this program does not know, or with an outdated one; an account that may
/// not create a database.
pub async fn find(connector: &Connector) -> Result<DriftReport> {
    let (client, watch) = LockWatch::connect_for_report(connector).await?;
    let applied = watch.during(schema::list_applied(&client)).await?;
    let migrations = made_by(&applied)?;
    let found = watch.during(Snapshot::take(&client)).await?;
    let schema = watch.during(Schema::find(&client)).await?;
    let scratch = Scratch::create(connector).await?;
    let expected = scratch.migrated(migrations, &schema).await;
    let dropped = scratch.drop().await;
    let expected = expected?;
    dropped?;
    Ok(DriftReport {
        database: connector.database().to_owned(),
        migrations: applied.len(),
        differences: expected.differences(&found),
    })
}

/// The program's migrations that the database has applied.
fn made_by(applied: &[Applied]) -> Result<Vec<refinery::Migration>> {
    let known = schema::migrations()?;
    if applied.is_empty() {
        let advice = "the database has no migrations to compare it with; run `cruddur db migrate`";
        return Err(Error::operator(advice));
    }
    let is_unknown = |one: &&Applied| known.iter().all(|it| it.version() != one.version);
    if let Some(one) = applied.iter().find(is_unknown) {
        return Err(Error::operator(format!(
            "the database has applied V{}__{}, which this program does not know; run the program that applied it",
            one.version, one.name
        )));
    }
    let mut made = Vec::new();
    for migration in known {
        match Standing::of(&migration, applied) {
            Standing::Applied => made.push(migration),
            Standing::Pending => {}
            Standing::NeedsRepair | Standing::Diverged => {
                return Err(Error::operator(format!(
                    "{migration} was applied with another text; `cruddur db status` and `cruddur db migrate` say more"
                )));
            }
        }
    }
    Ok(made)
}

/// A database that exists for the comparison.
struct Scratch<'a> {
    beside: &'a Connector,
    connector: Connector,
}

impl<'a> Scratch<'a> {
    async fn create(beside: &'a Connector) -> Result<Self> {
        let name = maintenance::name_beside(beside.database(), "drift", rand::random());
        let client = maintenance::connect(beside).await?;
        let create = Statement::Create(&name);
        create.execute(&client).await.map_err(|error| {
            if error.code() != Some(&SqlState::INSUFFICIENT_PRIVILEGE) {
                return create.explain(error);
            }
            let advice = "the comparison needs a scratch database for a moment, which the account of the connection URL \
                          may not create; permit it with `alter role ACCOUNT createdb`, or run the command against a \
                          restored backup";
            Error::Operator(advice.to_owned(), Some(error.into()))
        })?;
        Ok(Self {
            beside,
            connector: beside.for_database(&name),
        })
    }

    /// Applies the migrations in a schema of the same name, and reads what they make.
    async fn migrated(
        &self,
        migrations: Vec<refinery::Migration>,
        schema: &Schema,
    ) -> Result<Snapshot> {
        let client = self.connector.connect().await?;
        let name = schema.name.replace('"', "\"\"");
        let create = format!("create schema if not exists \"{name}\"");
        client.batch_execute(&create).await?;
        let options = Options {
            environment: Environment::Development,
            dry_run: false,
            target: None,
            expired: None,
        };
        migrations::migrate_with(&self.connector, &options, migrations).await?;
        Snapshot::take(&client).await
    }

    async fn drop(&self) -> Result<()> {
        let client = maintenance::connect(self.beside).await?;
        let drop = Statement::Drop(self.connector.database());
        drop.execute(&client)
            .await
            .map_err(|error| drop.explain(error))
    }
}
