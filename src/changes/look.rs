//! One look at the changes: what has become visible since a position, and the next position. Nothing is missed and
//! nothing comes twice, in whatever order transactions commit, because the statement compares two snapshots.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::change::Change;
use super::position::{Position, ServerIdentity};
use super::snapshot::Snapshot;
use super::store;
use crate::db::{self, Connection, GenericClient};
use crate::error::{Error, Result};

/// The result of one look.
pub struct Look {
    /// Where the next look goes on.
    pub position: Position,
    /// When the database server was started, which identifies it among those that one address may lead to.
    pub started_at: DateTime<Utc>,
    /// What has changed, in the order of the ids; `None` if that cannot be told: there is no earlier position or it is
    /// not known any more, or more has changed than the limit.
    pub changes: Option<Vec<Change>>,
}

/// Where a look begins.
#[derive(Debug, Clone, Copy)]
pub struct Start<'a> {
    /// The position that the look goes on from.
    pub earlier: &'a Position,
    /// The snapshot of an earlier look, for a look that reads some changes again.
    pub snapshot: &'a Snapshot,
    /// The activities that expired after this expiry and id are changes too; `None` for a look without them.
    pub expired: Option<(DateTime<Utc>, Uuid)>,
}

impl<'a> Start<'a> {
    /// After the earlier look, without expired activities.
    pub fn of(earlier: &'a Position) -> Self {
        Self {
            earlier,
            snapshot: &earlier.snapshot,
            expired: None,
        }
    }
}

/// Looks at the changes from `start` on, `limit` at most; without `start` only for a position.
///
/// # Errors
/// The statement fails; [`Error::Unavailable`] on a standby, whose rows may be old.
pub async fn look(db: &impl GenericClient, start: Option<Start<'_>>, limit: usize) -> Result<Look> {
    let snapshot = start.map(|start| start.snapshot.to_string());
    let (expiry, uuid) = start.and_then(|start| start.expired).unzip();
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1;
    let statement = include_str!("sql/look.sql");
    let arguments: [&(dyn ToSql + Sync); 4] = [&snapshot, &one_more, &expiry, &uuid];
    let mut rows = db::rows(db, statement, &arguments).await?;
    // The first look after a crash.
    if read_server(&rows)?.0.run.is_none() {
        store::insert_database_run(db).await?;
        rows = db::rows(db, statement, &arguments).await?;
    }
    let (server, position) = read_server(&rows)?;
    let is_known = server.run.is_some()
        && rows.len() <= limit
        && start.is_some_and(|start| position.continues(start.earlier));
    let changes = match is_known {
        false => None,
        true => {
            let changes: Result<Vec<Option<Change>>> = rows.iter().map(Change::of_row).collect();
            let mut changes: Vec<Change> = changes?.into_iter().flatten().collect();
            // Expired ones have the largest id, and stay in their order.
            changes.sort_by_key(|change| change.id);
            Some(changes)
        }
    };
    Ok(Look {
        position,
        started_at: server.started_at,
        changes,
    })
}

/// The position of a transaction that reads one snapshot; `None` until the first look after a crash of the server.
///
/// # Errors
/// Those of [`look`].
async fn read_position(db: &impl GenericClient) -> Result<Option<Position>> {
    let nothing = (None::<String>, None::<DateTime<Utc>>, None::<Uuid>);
    let statement = include_str!("sql/look.sql");
    let arguments: [&(dyn ToSql + Sync); 4] = [&nothing.0, &1_i64, &nothing.1, &nothing.2];
    let rows = db::rows(db, statement, &arguments).await?;
    let (server, position) = read_server(&rows)?;
    Ok(server.run.is_some().then_some(position))
}

/// What `work` reads, and the position of exactly the rows that it sees, as text.
///
/// # Errors
/// Those of `work` and of [`look`].
pub async fn with_position<T>(
    db: &Connection,
    work: impl Future<Output = Result<T>>,
) -> Result<(Option<Bytes>, T)> {
    db::in_one_snapshot(db, async {
        let position = read_position(db).await?;
        let position = position.map(|position| position.encode().into());
        Ok((position, work.await?))
    })
    .await
}

/// The server and the position of a look.
fn read_server(rows: &[Row]) -> Result<(ServerIdentity<'_>, Position)> {
    let first = rows
        .first()
        .ok_or_else(|| Error::internal("a look has no result", "the statement returned no row"))?;
    if first.try_get("is_standby")? {
        return Err(Error::Unavailable("the database server is a standby", None));
    }
    let server = ServerIdentity {
        started_at: first.try_get("started_at")?,
        run: first.try_get("run")?,
        file: first.try_get("file")?,
    };
    let snapshot = Snapshot::parse(first.try_get("snapshot")?)
        .ok_or_else(|| Error::internal("a snapshot has another form", "it was not parsed"))?;
    let position = Position::new(first.try_get("time")?, &server, snapshot);
    Ok((server, position))
}
