//! One look at the changes: what has become visible since a position, and the next position. Nothing is missed and
//! nothing comes twice, in whatever order transactions commit, because the statement compares two snapshots.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::change::Change;
use super::position::{Position, ServerIdentity};
use super::store;
use crate::db::{self, GenericClient};
use crate::error::{Error, Result};

/// The result of one look.
pub struct Look {
    /// Where the next look goes on.
    pub position: Position,
    /// When the database server was started, which identifies it among those that one address may lead to.
    pub started_at: DateTime<Utc>,
    /// What has changed; `None` if that cannot be told: there is no earlier position or it is not known any more, or
    /// more has changed than the limit.
    pub changes: Option<Vec<Change>>,
}

/// Looks at the changes after `earlier`, `limit` at most.
///
/// # Errors
/// The statement fails; [`Error::Unavailable`] on a standby, whose rows may be old.
pub async fn look(
    db: &impl GenericClient,
    earlier: Option<&Position>,
    limit: usize,
) -> Result<Look> {
    let snapshot = earlier.map(Position::snapshot);
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1;
    let rows = db::rows(db, include_str!("sql/look.sql"), &[&snapshot, &one_more]).await?;
    let first = rows
        .first()
        .ok_or_else(|| Error::internal("a look has no result", "the statement returned no row"))?;
    if first.try_get("is_standby")? {
        return Err(Error::Unavailable("the database server is a standby", None));
    }
    let run: Option<Uuid> = first.try_get("run")?;
    if run.is_none() {
        store::insert_database_run(db).await?;
    }
    let server = ServerIdentity {
        started_at: first.try_get("started_at")?,
        run,
        file: first.try_get("file")?,
    };
    let position = Position::new(
        first.try_get("time")?,
        &server,
        first.try_get("snapshot")?,
    );
    let is_known = run.is_some()
        && rows.len() <= limit
        && earlier.is_some_and(|earlier| position.continues(earlier));
    let changes = match is_known {
        false => None,
        true => {
            let changes: Result<Vec<Option<Change>>> = rows.iter().map(Change::of_row).collect();
            let mut changes: Vec<Change> = changes?.into_iter().flatten().collect();
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
