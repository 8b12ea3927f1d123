//! The message routes: authenticate, parse the request, read or write, respond.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use uuid::Uuid;

use super::model::{CreateMessageBody, Message, MessageGroup, NewMessage, SentMessage};
use super::store;
use crate::auth::Authenticated;
use crate::db::{Connection, Pool};
use crate::domain::PageQuery;
use crate::error::{Code, Result};
use crate::http::{
    Body, Direction, IdempotencyHeader, NewestFirst, PathUuid, answer_json, answer_page,
};
use crate::users::{self, Provisioner};

/// Lists the message groups of the user, the one with the latest message first.
#[utoipa::path(get, path = "/api/message_groups", tag = "messages", security(("token" = [])),
    params(NewestFirst),
    responses((status = 200, body = Vec<MessageGroup>)))]
pub async fn list_message_groups(
    request: HttpRequest,
    Authenticated(user, page): Authenticated<PageQuery>,
    pool: Data<Pool>,
) -> Result<HttpResponse> {
    let db = pool.get().await?;
    let mut groups = store::list_message_groups(&db, &user, &page).await?;
    let next = page.cut(&mut groups, MessageGroup::cursor);
    answer_page(&request, &page, Direction::Before, next, &groups)
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
    pool: Data<Pool>,
) -> Result<HttpResponse> {
    let db = pool.get().await?;
    let other = users::find_by_handle(&db, &handle)
        .await?
        .ok_or(Code::UserNotFound)?;
    match store::find_group_with(&db, &user, other.uuid).await? {
        Some(group) => answer_messages(&request, &db, group, &page).await,
        None => answer_page(
            &request,
            &page,
            Direction::Before,
            None,
            &Vec::<Message>::new(),
        ),
    }
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
    pool: Data<Pool>,
) -> Result<HttpResponse> {
    let db = pool.get().await?;
    if !store::is_member(&db, &user, group).await? {
        return Err(Code::MessageGroupNotFound.into());
    }
    answer_messages(&request, &db, group, &page).await
}

/// Sends a message to a user, or to a message group of the sender.
#[utoipa::path(post, path = "/api/messages", tag = "messages", security(("token" = [])),
    request_body = CreateMessageBody, responses((status = 200, body = SentMessage)))]
pub async fn create_message(
    Authenticated(user, (key, body)): Authenticated<(IdempotencyHeader, Body<CreateMessageBody>)>,
    pool: Data<Pool>,
    provisioner: Data<Provisioner>,
) -> Result<HttpResponse> {
    let new = NewMessage::try_from(body.value)?;
    let key = key.into_key(user.subject(), &body.bytes);
    let insert = async || {
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

/// Reads the page from new to old, since the next page has older messages, and reverses it.
async fn answer_messages(
    request: &HttpRequest,
    db: &Connection,
    group: Uuid,
    page: &PageQuery,
) -> Result<HttpResponse> {
    let mut messages = store::list_messages(db, group, page).await?;
    let next = page.cut(&mut messages, Message::cursor);
    messages.reverse();
    answer_page(request, page, Direction::Before, next, &messages)
}
