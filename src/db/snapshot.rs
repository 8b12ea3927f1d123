//! Detects with one cheap query whether any row of the database has changed. The snapshot of a statement determines
//! which row versions PostgreSQL shows it, and every change takes a transaction id that later snapshots contain. So
//! two statements with equal snapshots see the same rows; only `now()` differs.

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use deadpool_postgres::StatementCache;

use super::{Connection, GenericClient};
use crate::error::{Error, Result};

/// The snapshot of a statement on one connection.
pub struct Snapshot {
    /// The start of the statement that took the snapshot, by the database's clock.
    pub time: DateTime<Utc>,
    /// Identifies the connection, because after a crash or on another server equal transaction ids may mean other
    /// changes: each connection has its own cache, and while this one is held, no other cache has the same address.
    connection: Arc<StatementCache>,
    /// When the database server was started, which tells it from another one behind the same connection.
    server_start: DateTime<Utc>,
    /// The process id of the session; behind a connection pooler, one connection may use several sessions.
    backend: i32,
    /// `pg_current_snapshot()` as text.
    snapshot: String,
}

impl Snapshot {
    /// Sends a statement and returns its snapshot.
    ///
    /// # Errors
    /// The error of the statement; [`Error::Unavailable`] from a standby, whose rows are older than those of its primary.
    pub async fn take(db: &Connection) -> Result<Self> {
        // It reads no table, so none of the settings matters that each other statement behind a pooler begins with.
        let statement = db
            .prepare_cached(include_str!("sql/take_snapshot.sql"))
            .await?;
        let started = Instant::now();
        let row = db.query_one(&statement, &[]).await?;
        db.count_round_trip(started);
        if row.try_get("is_standby")? {
            return Err(Error::Unavailable("the database server is a standby", None));
        }
        Ok(Self {
            server_start: row.try_get("server_start")?,
            time: row.try_get("time")?,
            connection: db.statement_cache.clone(),
            backend: row.try_get("backend")?,
            snapshot: row.try_get("snapshot")?,
        })
    }

    /// Whether a statement that ran between the two snapshots would return the same rows now, except
    /// where its conditions depend on the time.
    pub fn sees_same_rows_as(&self, earlier: &Self) -> bool {
        self.snapshot == earlier.snapshot
            && self.server_start == earlier.server_start
            && self.backend == earlier.backend
            && Arc::ptr_eq(&self.connection, &earlier.connection)
    }
}
