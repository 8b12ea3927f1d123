//! Repairs a database that applied V3, V5 or V6 before their files were frozen: changes its schema to the
//! result of the current text. The statements are in `migrations/repairs`.

use refinery::Migration;

use super::connection::MigrationConnection;
use crate::db::schema::{self, Standing};
use crate::error::{Error, Result};

const V3: &str = include_str!("../../../migrations/repairs/V3.sql");
const V6_BEFORE: &str = include_str!("../../../migrations/repairs/V6_before.sql");
const V6_AFTER: &str = include_str!("../../../migrations/repairs/V6_after.sql");

/// Repairs every migration that was applied with an earlier text, all in one transaction, and returns their
/// versions.
///
/// # Errors
/// A repair that fails, with its SQLSTATE; then the database is unchanged.
pub(super) async fn repair(
    connection: &mut MigrationConnection<'_>,
    migrations: &[Migration],
) -> Result<Vec<i32>> {
    let applied = schema::list_applied(connection.client).await?;
    let outdated: Vec<&Migration> = migrations
        .iter()
        .filter(|migration| Standing::of(migration, &applied) == Standing::NeedsRepair)
        .collect();
    if outdated.is_empty() {
        return Ok(Vec::new());
    }
    let transaction = connection.begin().await?;
    for migration in &outdated {
        for statements in statements(migration) {
            transaction
                .batch_execute(statements)
                .await
                .map_err(|error| explain(migration, &error))?;
        }
        transaction
            .execute(
                include_str!("../sql/update_migration_checksum.sql"),
                &[&migration.version(), &migration.checksum().to_string()],
            )
            .await?;
    }
    transaction.commit().await?;
    for migration in &outdated {
        tracing::info!(
            %migration,
            "repaired the schema: this migration had been applied with an earlier text of its file"
        );
    }
    Ok(outdated
        .iter()
        .map(|migration| migration.version())
        .collect())
}

/// The statements that repair a migration. V5 needs none: its earlier text failed on every prototype, so a
/// database that has applied it had no prototype, and V5 changed nothing there.
fn statements(migration: &Migration) -> Vec<&str> {
    match migration.version() {
        3 => vec![V3],
        6 => vec![V6_BEFORE, migration.sql().unwrap_or_default(), V6_AFTER],
        _ => Vec::new(),
    }
}

fn explain(migration: &Migration, error: &tokio_postgres::Error) -> Error {
    let reason = error.as_db_error().map_or_else(
        || error.to_string(),
        |error| format!("{} (SQLSTATE {})", error.message(), error.code().code()),
    );
    Error::operator(format!(
        "{migration} was applied with an earlier text of its file, and its repair failed: {reason}; \
         nothing was changed"
    ))
}
