//! The advisory lock that lets one process set up a database at a time. A session of the maintenance database holds
//! it, because the setup drops its own database.

use tokio_postgres::Client;

use crate::error::{Error, Result, chain};
use crate::operations::migrations::lock::describe;

/// The lock. An open transaction holds it, and PostgreSQL releases it when the session ends.
pub(super) struct SetupLock(Client);

impl SetupLock {
    /// Takes the lock for `database` over a connection to the maintenance database.
    ///
    /// # Errors
    /// [`Error::Guarded`], which names the session that sets the database up.
    pub(super) async fn acquire(client: Client, database: &str) -> Result<Self> {
        client.batch_execute("begin").await?;
        let row = client
            .query_one(include_str!("../sql/try_lock_setup.sql"), &[&database])
            .await?;
        if row.try_get("locked")? {
            return Ok(Self(client));
        }
        let holder = client
            .query_opt(
                include_str!("../sql/find_setup_lock_holder.sql"),
                &[&database],
            )
            .await?;
        Err(Error::Guarded(format!(
            "refused to set up: {} is setting {database} up; wait until it has finished",
            describe(holder.as_ref())?
        )))
    }

    /// Releases the lock at once, so that the next setup does not meet a session that is still ending.
    pub(super) async fn release(self) {
        if let Err(error) = self.0.batch_execute("rollback").await {
            tracing::debug!(
                error = chain(&error),
                "the lock is released by the end of its session"
            );
        }
    }
}
