//! One prepared statement from a `.sql` file: prepared once for each connection, then reused.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::error::Result;

type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Every row of the answer.
pub async fn rows(
    db: &impl GenericClient,
    sql: &'static str,
    parameters: Parameters<'_>,
) -> Result<Vec<Row>> {
    let statement = db.prepare_cached(sql).await?;
    Ok(db.query(&statement, parameters).await?)
}

/// The only row, where there is one.
pub async fn row(
    db: &impl GenericClient,
    sql: &'static str,
    parameters: Parameters<'_>,
) -> Result<Option<Row>> {
    let statement = db.prepare_cached(sql).await?;
    Ok(db.query_opt(&statement, parameters).await?)
}

/// How many rows were touched.
pub async fn execute(
    db: &impl GenericClient,
    sql: &'static str,
    parameters: Parameters<'_>,
) -> Result<u64> {
    let statement = db.prepare_cached(sql).await?;
    Ok(db.execute(&statement, parameters).await?)
}
