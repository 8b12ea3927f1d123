//! Runs a migration that may not run in a transaction: `create index concurrently` or `drop index concurrently`. What an
//! interrupted run leaves is found and repaired by the next one.

use chrono::Utc;
use refinery::Migration;
use squawk_syntax::SourceFile;
use squawk_syntax::ast::Stmt;
use tokio_postgres::Client;

use super::error;
use crate::error::{Error, Result};

/// Building an index waits for every transaction that began before, and meanwhile blocks no request.
const LOCK_TIMEOUT: &str = "10min";

/// Runs the only statement of `migration`, and adds the migration to the history.
///
/// # Errors
/// A file with another statement; a statement that fails. An index that is left invalid is dropped by the next run.
pub(super) async fn run(client: &Client, migration: &Migration) -> Result<()> {
    let text = migration.sql().unwrap_or_default();
    let mut is_done = false;
    if let Some(index) = created_index(migration, text)? {
        is_done = prepare(client, migration, &index).await?;
    }
    if !is_done {
        execute(client, migration, text).await?;
    }
    client
        .execute(
            include_str!("../sql/insert_applied_migration.sql"),
            &[
                &migration.version(),
                &migration.name(),
                &Utc::now().to_rfc3339(),
                &migration.checksum().to_string(),
            ],
        )
        .await?;
    Ok(())
}

/// The name of the index that the file creates, quoted where it must be; `None` if the file drops one.
fn created_index(migration: &Migration, text: &str) -> Result<Option<String>> {
    let statements: Vec<Stmt> = SourceFile::parse(text).tree().stmts().collect();
    let index = match &statements[..] {
        [Stmt::DropIndex(drop)] if drop.concurrently_token().is_some() => return Ok(None),
        [Stmt::CreateIndex(create)] if create.concurrently_token().is_some() => create
            .index()
            .and_then(|index| Some(index.path()?.segment()?.text())),
        _ => None,
    };
    let index = index.ok_or_else(|| {
        Error::operator(format!(
            "{migration} runs outside a transaction, and so has to consist of one statement that creates a named index \
             or drops one, `concurrently`; `cruddur db lint` says more"
        ))
    })?;
    Ok(Some(format!("\"{}\"", index.replace('"', "\"\""))))
}

/// Drops the index if it is invalid, which one is whose building was interrupted. Returns whether it is valid already: then
/// the program was interrupted after building it, or an operator has built it before the release.
async fn prepare(client: &Client, migration: &Migration, index: &str) -> Result<bool> {
    let found = client
        .query_opt(include_str!("../sql/find_index_validity.sql"), &[&index])
        .await?;
    let Some(found) = found else {
        return Ok(false);
    };
    if found.try_get("is_valid")? {
        tracing::info!(%migration, index, "the index exists already");
        return Ok(true);
    }
    tracing::warn!(%migration, index, "dropping the invalid index that an interrupted run has left");
    let drop = format!("drop index concurrently {index}");
    execute(client, migration, &drop).await?;
    Ok(false)
}

/// Runs a statement with a time-out of its own for locks.
async fn execute(client: &Client, migration: &Migration, statement: &str) -> Result<()> {
    let before = set_lock_timeout(client, LOCK_TIMEOUT).await?;
    let ran = client.batch_execute(statement).await;
    // A pooler may give the session to others.
    let restored = set_lock_timeout(client, &before).await;
    ran.map_err(|error| error::explain_outside(&error, migration))?;
    restored.map(drop)
}

/// Returns the previous time-out.
async fn set_lock_timeout(client: &Client, timeout: &str) -> Result<String> {
    let row = client
        .query_one(
            include_str!("../sql/set_session_lock_timeout.sql"),
            &[&timeout],
        )
        .await?;
    Ok(row.try_get("before")?)
}
