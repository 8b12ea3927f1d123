//! Runs a statement from a `.sql` file, which is prepared once for each connection and then reused.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

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
    let statement = db.prepare_cached(sql).await?;
    Ok(db.query(&statement, parameters).await?)
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
    let statement = db.prepare_cached(sql).await?;
    Ok(db.query_opt(&statement, parameters).await?)
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
    let statement = db.prepare_cached(sql).await?;
    Ok(db.execute(&statement, parameters).await?)
}
