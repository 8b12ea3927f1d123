//! One function for each statement about blocks; the comment in each file of `sql/` describes the statement and its
//! parameters. A function fails if its statement fails.

use super::model::Block;
use crate::auth::CurrentUser;
use crate::db::{self, GenericClient};
use crate::error::{Code, Result};
use crate::users;

/// The maximum number of users whom a user can block. Concurrent requests may exceed it by their number.
const MAX_BLOCKS: i64 = 10_000;

/// Whether `user` has blocked the user with the handle; `None` when no user has the handle.
pub async fn find_block(
    db: &impl GenericClient,
    user: &CurrentUser,
    handle: &str,
) -> Result<Option<Block>> {
    if !users::is_legal_handle(handle) {
        return Ok(None);
    }
    let statement = include_str!("../sql/find_block.sql");
    let row = db::row(db, statement, &[&user.subject(), &handle]).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Block {
        handle: row.try_get("handle")?,
        blocked: row.try_get("blocked")?,
    }))
}

/// Blocks the user with the handle, unless `user` has done so before.
///
/// # Errors
/// [`Code::CognitoUserIdBlank`] when the token's user has no row, [`Code::Suspended`], [`Code::UserNotFound`],
/// [`Code::UserBlockedIsBlocker`], [`Code::BlocksExceedMaxCount`].
pub async fn insert_block(
    db: &impl GenericClient,
    user: &CurrentUser,
    handle: &str,
) -> Result<Block> {
    let row = db::row(
        db,
        include_str!("../sql/insert_block.sql"),
        &[&user.subject(), &legal(handle)?, &MAX_BLOCKS],
    )
    .await?
    .ok_or(Code::CognitoUserIdBlank)?;
    if let Some(code) = users::refusal_of_hidden(&row)? {
        return Err(code.into());
    }
    let found: Option<String> = row.try_get("handle")?;
    let handle = found.ok_or(Code::UserNotFound)?;
    match (row.try_get("is_blocker")?, row.try_get("is_full")?) {
        (true, _) => Err(Code::UserBlockedIsBlocker.into()),
        (false, true) => Err(Code::BlocksExceedMaxCount.into()),
        (false, false) => Ok(Block {
            handle,
            blocked: true,
        }),
    }
}

/// Unblocks the user with the handle, if `user` has blocked that user.
///
/// # Errors
/// [`Code::UserNotFound`].
pub async fn delete_block(
    db: &impl GenericClient,
    user: &CurrentUser,
    handle: &str,
) -> Result<Block> {
    let statement = include_str!("../sql/delete_block.sql");
    let row = db::row(db, statement, &[&user.subject(), &legal(handle)?])
        .await?
        .ok_or(Code::UserNotFound)?;
    Ok(Block {
        handle: row.try_get("handle")?,
        blocked: false,
    })
}

/// PostgreSQL refuses a text with NUL, and no handle contains one.
fn legal(handle: &str) -> Result<&str> {
    match users::is_legal_handle(handle) {
        true => Ok(handle),
        false => Err(Code::UserNotFound.into()),
    }
}
