//! The advisory lock that lets one process migrate at a time. The lock is polled, because a statement that
//! waits for a lock holds a snapshot, and `create index concurrently` waits for every older snapshot.

use std::time::Duration;

use tokio_postgres::{Client, Row};

use crate::db::Connector;
use crate::error::{Error, Result};
use crate::operations::poll::Poll;

const INTERVAL: Duration = Duration::from_millis(200);
/// How long to wait for the lock; longer than any migration run takes.
const TIMEOUT: Duration = Duration::from_secs(600);

/// The lock. An open transaction holds it, because behind a pooler a lock of the session would stay with that session.
pub(super) struct MigrationLock(Client);

impl MigrationLock {
    /// Waits for the lock on a connection of its own.
    ///
    /// # Errors
    /// Another session, which the error names, holds the lock for ten minutes.
    pub(super) async fn acquire(connector: &Connector) -> Result<Self> {
        let client = connector.connect().await?;
        let poll = Poll::every(INTERVAL, TIMEOUT);
        let mut announced = false;
        loop {
            client.batch_execute("begin").await?;
            let row = client
                .query_one(include_str!("../sql/try_lock_migrations.sql"), &[])
                .await?;
            if row.try_get("locked")? {
                // PostgreSQL keeps the snapshot of the last statement until the next one, and `create index concurrently`
                // would wait for it. A statement of the simple protocol leaves none.
                client.batch_execute("select").await?;
                return Ok(Self(client));
            }
            let holder = describe_holder(&client).await?;
            client.batch_execute("rollback").await?;
            if !announced {
                tracing::info!(%holder, "waiting for the lock of the migrations, which another process holds");
                announced = true;
            }
            if !poll.wait().await {
                return Err(Error::operator(format!(
                    "{holder} holds the lock of the migrations: end that session, then try again"
                )));
            }
        }
    }

    /// Releases the lock.
    ///
    /// # Errors
    /// The error of the statement.
    pub(super) async fn release(self) -> Result<()> {
        Ok(self.0.batch_execute("rollback").await?)
    }
}

async fn describe_holder(client: &Client) -> Result<String> {
    let row = client
        .query_opt(include_str!("../sql/find_migration_lock_holder.sql"), &[])
        .await?;
    describe(row.as_ref())
}

/// The text for the session that holds an advisory lock, from its row of `pg_stat_activity`.
///
/// # Errors
/// A row without these columns.
pub fn describe(holder: Option<&Row>) -> Result<String> {
    let Some(row) = holder else {
        return Ok("a session that has just ended".to_owned());
    };
    Ok(format!(
        "process {} ({}) from {}",
        row.try_get::<_, i32>("pid")?,
        row.try_get::<_, &str>("application_name")?,
        row.try_get::<_, &str>("client_addr")?,
    ))
}
