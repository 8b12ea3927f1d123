//! The message routes: authenticate, parse the request, read or write, respond.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;

use super::model::{CreateMessageBody, Message, MessageGroup, NewMessage, SentMessage};
use super::{MessagePool, store};
use crate::auth::Authenticated;
use crate::changes;
use crate::db::Connection;
use crate::domain::PageQuery;
use crate::error::{Code, Result};
use crate::http::{
    Body, Direction, IdempotencyHeader, NewestFirst, PathUuid, answer_json, answer_page,
    with_live_cursor,
};
use crate::users::{self, Provisioner};

/// Lists the message groups of the user, the one with the latest message first.
#[utoipa::path(get, path = "/api/message_groups", tag = "messages", security(("token" = [])),
    params(NewestFirst),
    responses((status = 200, body = Vec<MessageGroup>)))]
pub async fn list_message_groups(
    request: HttpRequest,
    Authenticated(user, page): Authenticated<PageQuery>,
    pool: Data<MessagePool>,
) -> Result<HttpResponse> {
    let list = async |db: &Connection| {
        changes::with_position(db, store::list_message_groups(db, &user, &page)).await
    };
    let (position, mut groups) = pool.connections().run(list).await?;
    let next = page.cut(&mut groups, MessageGroup::cursor);
    let response = answer_page(&request, &page, Direction::Before, next, &groups)?;
    Ok(with_live_cursor(response, position))
}

/// Lists the newest messages between the authenticated user and the user with `handle`, in the order from old to new.
/// The list is empty before their first message.
#[utoipa::path(get, path = "/api/messages/@{handle}", tag = "messages", security(("token" = [])),
    params(("handle" = String, Path),
        NewestFirst),
    responses((status = 200, body = Vec<Message>)))]
pub async fn list_messages_with_user(
    request: HttpRequest,
    handle: Path<String>,
    Authenticated(user, page): Authenticated<PageQuery>,
    pool: Data<MessagePool>,
) -> Result<HttpResponse> {
    let list = async |db: &Connection| {
        let other = users::find_by_handle(db, &handle)
            .await?
            .ok_or(Code::UserNotFound)?;
        let messages = async {
            match store::find_group_with(db, &user, other.uuid).await? {
                Some(group) => store::list_messages(db, group, &page).await,
                None => Ok(Vec::new()),
            }
        };
        changes::with_position(db, messages).await
    };
    answer_messages(&request, &page, pool.connections().run(list).await?)
}

/// Lists the newest messages of a message group, in the order from old to new. Responds 404 to users who are not
/// members.
#[utoipa::path(get, path = "/api/messages/{uuid}", tag = "messages", security(("token" = [])),
    params(("uuid" = uuid::Uuid, Path, description = "The id of the message group."),
        NewestFirst),
    responses((status = 200, body = Vec<Message>)))]
pub async fn list_messages(
    request: HttpRequest,
    Authenticated(user, (PathUuid(group), page)): Authenticated<(PathUuid, PageQuery)>,
    pool: Data<MessagePool>,
) -> Result<HttpResponse> {
    let list = async |db: &Connection| match store::is_member(db, &user, group).await? {
        true => changes::with_position(db, store::list_messages(db, group, &page)).await,
        false => Err(Code::MessageGroupNotFound.into()),
    };
    answer_messages(&request, &page, pool.connections().run(list).await?)
}

/// Sends a message to a user, or to a message group of the sender. Responds 403 `blocked` if the other user has blocked
/// the sender.
#[utoipa::path(post, path = "/api/messages", tag = "messages", security(("token" = [])),
    request_body = CreateMessageBody, responses((status = 200, body = SentMessage)))]
pub async fn create_message(
    Authenticated(user, (key, body)): Authenticated<(IdempotencyHeader, Body<CreateMessageBody>)>,
    pool: Data<MessagePool>,
    provisioner: Data<Provisioner>,
) -> Result<HttpResponse> {
    let new = NewMessage::try_from(body.value)?;
    let key = key.into_key(user.subject(), &body.bytes);
    let insert = async || {
        let pool = pool.connections();
        pool.write(key.as_ref(), async |db| {
            store::insert_message(db, &user, &new).await
        })
        .await
    };
    provisioner
        .provision_if_missing(&user, insert)
        .await
        .map(answer_json)
}

/// Reverses the messages, which were read from new to old because the next page has older ones.
fn answer_messages(
    request: &HttpRequest,
    page: &PageQuery,
    (position, mut messages): (Option<Bytes>, Vec<Message>),
) -> Result<HttpResponse> {
    let next = page.cut(&mut messages, Message::cursor);
    messages.reverse();
    let response = answer_page(request, page, Direction::Before, next, &messages)?;
    Ok(with_live_cursor(response, position))
}
