//! Several statements that read the same rows.

use futures_util::join;

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
    // The first statement of the work is sent together with the one that begins the transaction.
    let (begun, outcome) = join!(db.begin_reading(), work);
    // After a failed statement this ends the transaction, too.
    let ended = db.end("commit").await;
    begun?;
    let read = outcome?;
    ended?;
    Ok(read)
}
