//! One function for each statement of `sql/`. What the statements answer stands in their files.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{Message, MessageGroup, NewMessage, Receiver, SentMessage};
use crate::auth::CurrentUser;
use crate::db;
use crate::domain::PageQuery;
use crate::error::{Code, Result};

pub async fn list_message_groups(
    db: &impl GenericClient,
    user: &CurrentUser,
    page: &PageQuery,
) -> Result<Vec<MessageGroup>> {
    let before = page.before();
    let rows = db::rows(
        db,
        include_str!("sql/list_message_groups.sql"),
        &[
            &user.subject(),
            &before.created_at,
            &before.uuid,
            &page.fetch(),
        ],
    )
    .await?;
    rows.iter().map(message_group).collect()
}

/// Newest first.
pub async fn list_messages(
    db: &impl GenericClient,
    group: Uuid,
    page: &PageQuery,
) -> Result<Vec<Message>> {
    let before = page.before();
    let rows = db::rows(
        db,
        include_str!("sql/list_messages.sql"),
        &[&group, &before.created_at, &before.uuid, &page.fetch()],
    )
    .await?;
    rows.iter().map(message).collect()
}

/// The group of `user` and `other`, once one of them has written.
pub async fn find_group_with(
    db: &impl GenericClient,
    user: &CurrentUser,
    other: Uuid,
) -> Result<Option<Uuid>> {
    let row = db::row(
        db,
        include_str!("sql/find_group_with.sql"),
        &[&user.subject(), &other],
    )
    .await?;
    Ok(row.map(|row| row.try_get("uuid")).transpose()?)
}

/// False for a group that is not there, too.
pub async fn is_member(db: &impl GenericClient, user: &CurrentUser, group: Uuid) -> Result<bool> {
    let row = db::row(
        db,
        include_str!("sql/is_member.sql"),
        &[&user.subject(), &group],
    )
    .await?;
    Ok(row.is_some())
}

/// Stores the message, and makes the pair's group where it is their first.
///
/// # Errors
/// [`Code::CognitoUserIdBlank`] when nobody here belongs to the token, [`Code::UserNotFound`],
/// [`Code::UserReceiverIsSender`], [`Code::MessageGroupNotFound`].
pub async fn insert_message(
    db: &impl GenericClient,
    user: &CurrentUser,
    new: &NewMessage,
) -> Result<SentMessage> {
    match &new.receiver {
        Receiver::Handle(handle) => insert_message_to_user(db, user, handle, &new.message).await,
        Receiver::Group(group) => insert_message_to_group(db, user, *group, &new.message).await,
    }
}

async fn insert_message_to_user(
    db: &impl GenericClient,
    user: &CurrentUser,
    handle: &str,
    text: &str,
) -> Result<SentMessage> {
    // PostgreSQL's `text` has no NUL, and neither has any handle.
    if handle.contains('\0') {
        return Err(Code::UserNotFound.into());
    }
    let row = db::row(
        db,
        include_str!("sql/insert_message_to_user.sql"),
        &[&user.subject(), &handle, &text],
    )
    .await?
    .ok_or(Code::CognitoUserIdBlank)?;
    match row.try_get("is_sender")? {
        None => Err(Code::UserNotFound.into()),
        Some(true) => Err(Code::UserReceiverIsSender.into()),
        Some(false) => Ok(SentMessage {
            message: message(&row)?,
            message_group_uuid: row.try_get("new_group_uuid")?,
        }),
    }
}

async fn insert_message_to_group(
    db: &impl GenericClient,
    user: &CurrentUser,
    group: Uuid,
    text: &str,
) -> Result<SentMessage> {
    let row = db::row(
        db,
        include_str!("sql/insert_message_to_group.sql"),
        &[&user.subject(), &group, &text],
    )
    .await?
    .ok_or(Code::CognitoUserIdBlank)?;
    if row.try_get::<_, Option<Uuid>>("uuid")?.is_none() {
        return Err(Code::MessageGroupNotFound.into());
    }
    Ok(SentMessage {
        message: message(&row)?,
        message_group_uuid: None,
    })
}

fn message_group(row: &Row) -> Result<MessageGroup> {
    Ok(MessageGroup {
        uuid: row.try_get("uuid")?,
        display_name: row.try_get("display_name")?,
        handle: row.try_get("handle")?,
        message: row.try_get("message")?,
        created_at: row.try_get("created_at")?,
    })
}

fn message(row: &Row) -> Result<Message> {
    Ok(Message {
        uuid: row.try_get("uuid")?,
        display_name: row.try_get("display_name")?,
        handle: row.try_get("handle")?,
        message: row.try_get("message")?,
        created_at: row.try_get("created_at")?,
    })
}
