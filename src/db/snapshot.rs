//! Whether anything at all has changed in the database: the cheapest question that there is, and an exact
//! answer. PostgreSQL decides by a statement's snapshot which versions of which rows it sees, and whoever
//! changes a row takes a transaction id that a later snapshot shows. So two statements with equal snapshots
//! see the same rows, whichever server made the changes, and only the clock has gone on.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use deadpool_postgres::StatementCache;

use super::{Connection, row};
use crate::error::{Error, Result};

/// What a session saw at one instant, by the database's clock.
pub struct Snapshot {
    pub time: DateTime<Utc>,
    /// Stands for the connection, of which each has its own; as long as it is held, no other can be taken
    /// for it. After a crash or on another server the same transaction ids may stand for other changes.
    connection: Arc<StatementCache>,
    /// Behind a pooler, one connection of ours may be several sessions.
    backend: i32,
    snapshot: String,
}

impl Snapshot {
    /// Of a statement that is sent now.
    pub async fn take(db: &Connection) -> Result<Self> {
        let row = row(db, include_str!("sql/take_snapshot.sql"), &[])
            .await?
            .ok_or_else(|| Error::internal("a look shows nothing", "the statement is wrong"))?;
        Ok(Self {
            time: row.try_get("time")?,
            connection: db.statement_cache.clone(),
            backend: row.try_get("backend")?,
            snapshot: row.try_get("snapshot")?,
        })
    }

    /// Whether what was read between the two is what would be read now, but for the time.
    pub fn sees_same_rows_as(&self, earlier: &Self) -> bool {
        self.snapshot == earlier.snapshot
            && self.backend == earlier.backend
            && Arc::ptr_eq(&self.connection, &earlier.connection)
    }
}
