//! Runs a statement from a `.sql` file, which is prepared once for each connection and then reused.

use deadpool_postgres::GenericClient as _;
use futures_util::join;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::connection::GenericClient;
use crate::error::Result;

type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Runs the statement and returns every row of the result.
///
/// # Errors
/// The error of the statement.
pub async fn rows(
    db: &impl GenericClient,
    sql: &'static str,
    parameters: Parameters<'_>,
) -> Result<Vec<Row>> {
    let statement = db.client().prepare_cached(sql).await?;
    with_settings(db, db.client().query(&statement, parameters)).await
}

/// Runs a statement without a transaction for its settings, and returns the only row of the result: one that reads no
/// table whose plan depends on them.
///
/// # Errors
/// Another number of rows; the error of the statement.
pub async fn row_without_settings(db: &impl GenericClient, sql: &'static str) -> Result<Row> {
    let statement = db.client().prepare_cached(sql).await?;
    Ok(db.client().query_one(&statement, &[]).await?)
}

/// Runs the statement and returns the only row of the result; `None` where it has no row.
///
/// # Errors
/// More than one row; the error of the statement.
pub async fn row(
    db: &impl GenericClient,
    sql: &'static str,
    parameters: Parameters<'_>,
) -> Result<Option<Row>> {
    let statement = db.client().prepare_cached(sql).await?;
    with_settings(db, db.client().query_opt(&statement, parameters)).await
}

/// Runs the statement and returns the number of rows that it inserted, updated or deleted.
///
/// # Errors
/// The error of the statement.
pub async fn execute(
    db: &impl GenericClient,
    sql: &'static str,
    parameters: Parameters<'_>,
) -> Result<u64> {
    let statement = db.client().prepare_cached(sql).await?;
    with_settings(db, db.client().execute(&statement, parameters)).await
}

/// The result of `statement`. Where it needs a transaction for its settings, the server gets the three statements at once.
async fn with_settings<T>(
    db: &impl GenericClient,
    statement: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T> {
    let Some(begin) = db.begin_statement() else {
        return Ok(statement.await?);
    };
    let client = db.client();
    let (begun, committed) = (client.batch_execute(begin), client.batch_execute("commit"));
    Ok(in_transaction(begun, statement, committed).await?)
}

/// Sends the three statements at once, and returns the result of the second one if all succeed.
pub(super) async fn in_transaction<T, E>(
    begin: impl Future<Output = Result<(), E>>,
    statement: impl Future<Output = Result<T, E>>,
    commit: impl Future<Output = Result<(), E>>,
) -> Result<T, E> {
    let (begun, result, committed) = join!(begin, statement, commit);
    begun?;
    let result = result?;
    committed?;
    Ok(result)
}
