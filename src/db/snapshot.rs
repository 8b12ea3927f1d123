//! Whether any row of the database has changed: the cheapest query there is, and an exact answer. The snapshot of a
//! statement decides which versions of which rows PostgreSQL shows it, and every change takes a transaction id that
//! later snapshots contain. So two statements with equal snapshots see the same rows, whichever server
//! changes them; only `now()` differs.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use deadpool_postgres::StatementCache;

use super::{Connection, row};
use crate::error::{Error, Result};

/// Which rows a session sees.
pub struct Snapshot {
    /// The start of the statement that took the snapshot, by the database's clock.
    pub time: DateTime<Utc>,
    /// Identifies the connection: each has a cache of its own, and while this one is held, no later cache has
    /// the same address. After a crash or on another server equal transaction ids may mean other changes.
    connection: Arc<StatementCache>,
    /// Behind a connection pooler, one connection may use several sessions.
    backend: i32,
    /// `pg_current_snapshot()` as text.
    snapshot: String,
}

impl Snapshot {
    /// The snapshot of a statement that is sent now.
    ///
    /// # Errors
    /// What the statement fails with.
    pub async fn take(db: &Connection) -> Result<Self> {
        let row = row(db, include_str!("sql/take_snapshot.sql"), &[])
            .await?
            .ok_or_else(|| {
                Error::internal("no snapshot was taken", "the statement returned no row")
            })?;
        Ok(Self {
            time: row.try_get("time")?,
            connection: db.statement_cache.clone(),
            backend: row.try_get("backend")?,
            snapshot: row.try_get("snapshot")?,
        })
    }

    /// Whether a statement that ran between the two snapshots would return the same rows now, were it not for
    /// conditions on the time.
    pub fn sees_same_rows_as(&self, earlier: &Self) -> bool {
        self.snapshot == earlier.snapshot
            && self.backend == earlier.backend
            && Arc::ptr_eq(&self.connection, &earlier.connection)
    }
}
