//! Several statements that read the same rows.

use super::Connection;
use crate::error::Result;

/// Runs `work`, all statements of which see the rows of one snapshot, and the time at which it began.
///
/// # Errors
/// The error of `work`; the transaction cannot begin or end.
pub async fn in_one_snapshot<T>(
    db: &Connection,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    db.begin_reading().await?;
    let outcome = work.await;
    // After a failed statement this ends the transaction, too.
    let ended = db.end("commit").await;
    let read = outcome?;
    ended?;
    Ok(read)
}
