//! One function for each statement of `sql/`. What the statements answer stands in their files.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;

use super::model::ShortUser;
use crate::db;
use crate::error::Result;

/// The longest handle; a longer one is nobody's.
const MAX_HANDLE_CHARS: usize = 30;

/// The user with that handle, whatever its case.
pub async fn find_by_handle(db: &impl GenericClient, handle: &str) -> Result<Option<ShortUser>> {
    let is_legal = handle.len() <= MAX_HANDLE_CHARS
        && handle
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_legal {
        return Ok(None);
    }
    let row = db::row(db, include_str!("sql/find_by_handle.sql"), &[&handle]).await?;
    row.as_ref().map(short_user).transpose()
}

/// The user's Cognito id, which is what tokens hold.
pub async fn find_subject(db: &impl GenericClient, user: &ShortUser) -> Result<Option<String>> {
    let row = db::row(db, include_str!("sql/find_subject.sql"), &[&user.uuid]).await?;
    Ok(row.map(|row| row.try_get("cognito_user_id")).transpose()?)
}

/// The first hundred users by handle.
pub async fn list_users(db: &impl GenericClient) -> Result<Vec<ShortUser>> {
    let rows = db::rows(db, include_str!("sql/list_users.sql"), &[]).await?;
    rows.iter().map(short_user).collect()
}

fn short_user(row: &Row) -> Result<ShortUser> {
    Ok(ShortUser {
        uuid: row.try_get("uuid")?,
        handle: row.try_get("handle")?,
        display_name: row.try_get("display_name")?,
    })
}
