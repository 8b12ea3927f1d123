//! Several statements that read the same rows.

use deadpool_postgres::GenericClient;

use crate::error::Result;

const BEGIN: &str = "begin isolation level repeatable read read only";

/// Runs `work`, all statements of which see the rows of one snapshot, and the time at which it began.
///
/// # Errors
/// The error of `work`; the transaction cannot begin or end.
pub async fn in_one_snapshot<T>(
    db: &impl GenericClient,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    db.batch_execute(BEGIN).await?;
    let outcome = work.await;
    // After a failed statement this ends the transaction, too.
    let ended = db.batch_execute("commit").await;
    let read = outcome?;
    ended?;
    Ok(read)
}
