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
    /// not known any more, or more has changed than the limit or than 16 MiB.
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
    /// Whether the look probably finds nothing. Then a cheaper statement looks first whether there is anything.
    pub is_probably_same: bool,
}

impl<'a> Start<'a> {
    /// After the earlier look, without expired activities.
    pub fn of(earlier: &'a Position) -> Self {
        Self {
            earlier,
            snapshot: &earlier.snapshot,
            expired: None,
            is_probably_same: false,
        }
    }
}

/// Looks at the changes from `start` on, `limit` at most; without `start` only for a position.
///
/// # Errors
/// The statement fails; [`Error::Unavailable`] on a standby, whose rows may be old.
pub async fn look(db: &impl GenericClient, start: Option<Start<'_>>, limit: usize) -> Result<Look> {
    if let Some(start) = start
        && start.is_probably_same
        && start.expired.is_none()
        && let Some(look) = look_cheaply(db, start).await?
    {
        return Ok(look);
    }
    let snapshot = start.map(|start| start.snapshot.to_string());
    let (expiry, uuid) = start.and_then(|start| start.expired).unzip();
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1;
    let statement = include_str!("sql/look.sql");
    let arguments: [&(dyn ToSql + Sync); 4] = [&snapshot, &one_more, &expiry, &uuid];
    let mut rows = db::rows(db, statement, &arguments).await?;
    // The first look after a crash.
    if read_server(first(&rows)?)?.0.run.is_none() {
        store::insert_database_run(db).await?;
        rows = db::rows(db, statement, &arguments).await?;
    }
    let (server, position) = read_server(first(&rows)?)?;
    let mut is_complete = rows.len() <= limit;
    for row in &rows {
        is_complete &= row.try_get::<_, Option<bool>>("is_beyond")? != Some(true);
    }
    let is_known = server.run.is_some()
        && is_complete
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

/// A look that finds nothing; `None` if something may have changed. The statement costs the database a sixth of a whole
/// look, and needs no transaction for its settings behind a pooler, because it reads only a table of one row.
async fn look_cheaply(db: &impl GenericClient, start: Start<'_>) -> Result<Option<Look>> {
    let row = db::row_without_settings(db, include_str!("sql/take_snapshot.sql")).await?;
    let (server, position) = read_server(&row)?;
    let sees_same = position.continues(start.earlier) && position.snapshot == *start.snapshot;
    Ok((sees_same && server.run.is_some()).then(|| Look {
        started_at: server.started_at,
        changes: Some(Vec::new()),
        position,
    }))
}

/// The position of a transaction that reads one snapshot; `None` until the first look after a crash of the server.
///
/// # Errors
/// Those of [`look`].
async fn read_position(db: &impl GenericClient) -> Result<Option<Position>> {
    let row = db::row_without_settings(db, include_str!("sql/take_snapshot.sql")).await?;
    let (server, position) = read_server(&row)?;
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

fn first(rows: &[Row]) -> Result<&Row> {
    rows.first()
        .ok_or_else(|| Error::internal("a look has no result", "the statement returned no row"))
}

/// The server and the position of a look.
fn read_server(row: &Row) -> Result<(ServerIdentity<'_>, Position)> {
    if row.try_get("is_standby")? {
        return Err(Error::Unavailable("the database server is a standby", None));
    }
    let server = ServerIdentity {
        started_at: row.try_get("started_at")?,
        run: row.try_get("run")?,
        file: row.try_get("file")?,
    };
    let snapshot = Snapshot::parse(row.try_get("snapshot")?)
        .ok_or_else(|| Error::internal("a snapshot has another form", "it was not parsed"))?;
    let position = Position::new(row.try_get("time")?, &server, snapshot);
    Ok((server, position))
}
