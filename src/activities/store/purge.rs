//! The statements of the purge.

use tokio_postgres::Row;
use uuid::Uuid;

use crate::db::{self, GenericClient};
use crate::error::{Error, Result};

/// At most `limit` deleted activities whose rows the purge has to delete, the latest first.
pub async fn list_deleted_activities(db: &impl GenericClient, limit: i64) -> Result<Vec<Uuid>> {
    let statement = include_str!("../sql/list_deleted_activities.sql");
    let rows = db::rows(db, statement, &[&limit]).await?;
    let uuids = rows.iter().map(|row| row.try_get("activity_uuid"));
    Ok(uuids.collect::<Result<_, _>>()?)
}

/// The numbers of deleted rows.
pub struct Deletion {
    /// Activities.
    pub activities: u64,
    /// Reactions to activities.
    pub reactions: u64,
}

impl Deletion {
    fn of_row(row: &Row) -> Result<Self> {
        let number = |column: &str| -> Result<u64> {
            Ok(u64::try_from(row.try_get::<_, i64>(column)?).unwrap_or_default())
        };
        Ok(Self {
            activities: number("activities")?,
            reactions: number("reactions")?,
        })
    }
}

/// The outcome of [`delete_thread`].
pub struct ThreadDeletion {
    /// The deleted rows.
    pub deleted: Deletion,
    /// The activity from which to go on when all activities nearer to the first one have replies.
    pub deeper: Option<Uuid>,
}

/// Deletes at most `limit` activities below `start`, which is the deleted activity or lies below it, the last replies
/// first, and `limit` reactions.
pub async fn delete_thread(
    db: &impl GenericClient,
    start: Uuid,
    limit: i64,
    deleted: Uuid,
) -> Result<ThreadDeletion> {
    let statement = include_str!("../sql/delete_thread.sql");
    let row = db::row(db, statement, &[&start, &limit, &deleted]).await?;
    let row = row.ok_or_else(|| Error::internal("a thread was not deleted", "no row"))?;
    Ok(ThreadDeletion {
        deleted: Deletion::of_row(&row)?,
        deeper: row.try_get("deeper")?,
    })
}

/// Deletes at most `limit` expired activities and `limit` reactions to expired activities.
pub async fn delete_expired(db: &impl GenericClient, limit: i64) -> Result<Deletion> {
    let row = db::row(db, include_str!("../sql/delete_expired.sql"), &[&limit]).await?;
    let row = row.ok_or_else(|| Error::internal("the expired were not deleted", "no row"))?;
    Deletion::of_row(&row)
}

/// How long ago the expired activity that is stored for longest expired, in seconds; 0 without one.
pub async fn find_purge_lag(db: &impl GenericClient) -> Result<f64> {
    let row = db::row(db, include_str!("../sql/find_purge_lag.sql"), &[]).await?;
    Ok(row.map_or(Ok(0.0), |row| row.try_get("seconds"))?)
}

/// Adds at most `limit` changes of users' cruds counts to the counts, and returns their number.
pub async fn add_up_crud_counts(db: &impl GenericClient, limit: i64) -> Result<u64> {
    let statement = include_str!("../sql/add_up_crud_counts.sql");
    let row = db::row(db, statement, &[&limit]).await?;
    let changes: i64 = row.map_or(Ok(0), |row| row.try_get("changes"))?;
    Ok(u64::try_from(changes).unwrap_or_default())
}
