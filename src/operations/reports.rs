//! Reports of activities: an operator lists them, looks at one and closes it. The functions are those of
//! [`crate::moderation::reports`]. Every look is in the audit: the middleware of `/admin` records a route, and
//! [`by_command`] a command.

pub mod cli;
pub mod http;

use deadpool_postgres::Transaction;
use pg_batch::Lease;
use tokio_postgres::IsolationLevel;

use super::audit;
use crate::db::Pool;
use crate::error::Result;
use crate::moderation::reports::ReportStatus;

/// Parses the state of a report.
///
/// # Errors
/// The possible states, for another one.
pub fn parse_status(text: &str) -> Result<ReportStatus, String> {
    let states = ReportStatus::ALL.iter().map(|status| status.as_str());
    ReportStatus::parse(text)
        .ok_or_else(|| format!("the states are: {}", states.collect::<Vec<_>>().join(", ")))
}

/// Runs `work` for a command. The same transaction records the method and the path of the route that does the same, so
/// that a command without a row in the audit shows and changes nothing.
///
/// # Errors
/// The error of `work`; a statement fails.
pub async fn by_command<T>(
    pool: &Pool,
    method: &str,
    path: &str,
    work: impl AsyncFnOnce(&Transaction<'_>) -> Result<T>,
) -> Result<T> {
    let mut lease = Lease::acquire(pool).await?;
    let transaction = lease
        .connection_mut()
        .build_transaction()
        .isolation_level(IsolationLevel::ReadCommitted)
        .start()
        .await?;
    let report = work(&transaction).await?;
    audit::insert_command(&transaction, method, path).await?;
    transaction.commit().await?;
    lease.release(Ok(report))
}
