//! One prepared statement from a `.sql` file: prepared once for each connection, then reused.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::error::Result;

type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Every row of the result.
///
/// # Errors
/// What the statement fails with.
pub async fn rows(
    db: &impl GenericClient,
    sql: &'static str,
    parameters: Parameters<'_>,
) -> Result<Vec<Row>> {
    let statement = db.prepare_cached(sql).await?;
    Ok(db.query(&statement, parameters).await?)
}

/// The only row of the result; `None` where it has no row.
///
/// # Errors
/// More than one row; what the statement fails with.
pub async fn row(
    db: &impl GenericClient,
    sql: &'static str,
    parameters: Parameters<'_>,
) -> Result<Option<Row>> {
    let statement = db.prepare_cached(sql).await?;
    Ok(db.query_opt(&statement, parameters).await?)
}

/// The number of rows that the statement inserted, updated or deleted.
///
/// # Errors
/// What the statement fails with.
pub async fn execute(
    db: &impl GenericClient,
    sql: &'static str,
    parameters: Parameters<'_>,
) -> Result<u64> {
    let statement = db.prepare_cached(sql).await?;
    Ok(db.execute(&statement, parameters).await?)
}
