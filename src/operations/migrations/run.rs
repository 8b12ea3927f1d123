//! Runs the pending migrations in the order of their versions: refinery those in transactions, [`outside`] the others.

use refinery::{Migration, Runner};

use super::connection::MigrationConnection;
use super::head::Head;
use super::{error, outside};
use crate::db::schema::{self, Applied, Standing};
use crate::error::Result;

/// Applies the pending migrations up to the version `target`, and returns the versions that it has applied.
///
/// # Errors
/// A migration that fails. Those before it stay applied.
pub(super) async fn run(
    connection: &mut MigrationConnection<'_>,
    migrations: &[Migration],
    target: Option<i32>,
) -> Result<Vec<i32>> {
    let wanted: Vec<Migration> = migrations
        .iter()
        .filter(|migration| target.is_none_or(|target| migration.version() <= target))
        .cloned()
        .collect();
    let applied = schema::list_applied(connection.client).await?;
    let is_outside = |migration: &&Migration| {
        Standing::of(migration, &applied) == Standing::Pending
            && Head::of(migration.sql().unwrap_or_default()).no_transaction
    };
    let mut applied_now = Vec::new();
    for migration in wanted.iter().filter(is_outside) {
        let before = |other: &&Migration| other.version() < migration.version();
        let before: Vec<Migration> = wanted.iter().filter(before).cloned().collect();
        applied_now.extend(run_in_transactions(connection, &before).await?);
        outside::run(connection.client, migration).await?;
        applied_now.push(migration.version());
    }
    applied_now.extend(run_in_transactions(connection, &wanted).await?);
    Ok(applied_now)
}

async fn run_in_transactions(
    connection: &mut MigrationConnection<'_>,
    migrations: &[Migration],
) -> Result<Vec<i32>> {
    let migrations = allow_gaps(migrations, &schema::list_applied(connection.client).await?)?;
    let runner = Runner::new(&migrations).set_abort_missing(false);
    let report = runner
        .run_async(connection)
        .await
        .map_err(|error| error::explain(error, &migrations))?;
    let applied = report.applied_migrations();
    Ok(applied.iter().map(Migration::version).collect())
}

/// Replaces the prefix `V` by `U` in each migration before the last applied one, because refinery skips an earlier
/// migration that begins with `V`. A database can lack V6 or V8, which were published after V7 and V9. The checksum
/// does not cover the prefix.
fn allow_gaps(migrations: &[Migration], applied: &[Applied]) -> Result<Vec<Migration>> {
    let last = applied.iter().map(|applied| applied.version).max();
    migrations
        .iter()
        .map(|migration| match last {
            Some(last) if migration.version() < last => schema::parse(
                &format!("U{}__{}.sql", migration.version(), migration.name()),
                migration.sql().unwrap_or_default(),
            ),
            _ => Ok(migration.clone()),
        })
        .collect()
}
