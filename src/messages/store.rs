//! One function for each statement of `sql/`; the comment in each file describes the statement and its parameters. A
//! function fails if its statement fails.

use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{
    FoundMessage, LiveMessage, Message, MessageGroup, NewMessage, Receiver, SentMessage,
};
use crate::auth::CurrentUser;
use crate::db::{self, GenericClient};
use crate::domain::PageQuery;
use crate::error::{Code, Error, Result};
use crate::users;

/// The display name of a member who has deleted the account.
const DELETED_USER: &str = "Deleted user";

/// A page of the message groups of `user`, newest first.
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

/// A page of the messages of a message group, newest first.
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

/// The messages with these ids. Those of members who have deleted the account are left out.
pub async fn list_by_uuids(db: &impl GenericClient, uuids: &[Uuid]) -> Result<Vec<FoundMessage>> {
    let rows = db::rows(db, include_str!("sql/list_by_uuids.sql"), &[&uuids]).await?;
    let found = rows.iter().map(|row| {
        let members: [Option<Uuid>; 2] = [
            row.try_get("first_user_uuid")?,
            row.try_get("second_user_uuid")?,
        ];
        let receiver: Option<&str> = row.try_get("receiver_handle")?;
        let message = LiveMessage {
            message: message(row)?,
            message_group_uuid: row.try_get("message_group_uuid")?,
            receiver_handle: receiver.unwrap_or_default().to_owned(),
        };
        Ok(FoundMessage {
            uuid: message.message.uuid,
            members: members.into_iter().flatten().collect(),
            json: serde_json::to_string(&message)
                .map_err(|error| Error::internal("a message cannot be serialised", error))?,
        })
    });
    found.collect()
}

/// The id of the message group of `user` and `other`; `None` before their first message.
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

/// Whether `user` is a member of the message group; false if it does not exist.
pub async fn is_member(db: &impl GenericClient, user: &CurrentUser, group: Uuid) -> Result<bool> {
    let row = db::row(
        db,
        include_str!("sql/is_member.sql"),
        &[&user.subject(), &group],
    )
    .await?;
    Ok(row.is_some())
}

/// Stores the message. The first message between two users also creates their message group.
///
/// # Errors
/// [`Code::CognitoUserIdBlank`] when the token's user has no row, [`Code::Suspended`], [`Code::UserNotFound`],
/// [`Code::UserReceiverIsSender`], [`Code::MessageGroupNotFound`], [`Code::Blocked`] by the receiver.
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
    // PostgreSQL refuses a text with NUL, and no handle contains one.
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
    if let Some(code) = users::refusal_of_hidden(&row)? {
        return Err(code.into());
    }
    match (row.try_get("is_sender")?, row.try_get("sender_blocked")?) {
        (None, _) => Err(Code::UserNotFound.into()),
        (Some(true), _) => Err(Code::UserReceiverIsSender.into()),
        (Some(false), Some(true)) => Err(Code::Blocked.into()),
        (Some(false), _) => Ok(SentMessage {
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
    if let Some(code) = users::refusal_of_hidden(&row)? {
        return Err(code.into());
    }
    match row.try_get("sender_blocked")? {
        None => Err(Code::MessageGroupNotFound.into()),
        Some(true) => Err(Code::Blocked.into()),
        Some(false) => Ok(SentMessage {
            message: message(&row)?,
            message_group_uuid: None,
        }),
    }
}

fn message_group(row: &Row) -> Result<MessageGroup> {
    let name: Option<&str> = row.try_get("display_name")?;
    let handle: Option<&str> = row.try_get("handle")?;
    Ok(MessageGroup {
        uuid: row.try_get("uuid")?,
        display_name: name.map_or_else(|| DELETED_USER.to_owned(), str::to_owned),
        handle: handle.unwrap_or_default().to_owned(),
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
