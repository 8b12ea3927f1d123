//! The routes of notices: authenticate, parse the request, read or write, respond.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::model::{MarkNoticesReadBody, Notice, UnreadNotices};
use super::{feed, store};
use crate::activities::{Batches, FeedPage, IncludeViewer, WithViewer, answer_feed};
use crate::auth::Authenticated;
use crate::changes;
use crate::db::{Connection, Pool};
use crate::domain::PageQuery;
use crate::error::Result;
use crate::http::{Body, Direction, IdempotencyHeader, NewestFirst, answer_json};

/// Lists the user's notices, the latest first: replies to the user's activities, mentions of the user, and likes and
/// reposts of the user's activities, by other users. A reply that also mentions the user is one notice. A notice is
/// gone with its activity, like or repost. A page may have fewer notices than `limit` and still link to a next one.
#[utoipa::path(get, path = "/api/notifications", tag = "notifications",
    security(("token" = [])),
    params(NewestFirst, IncludeViewer),
    responses((status = 200, body = Vec<Notice>)))]
pub async fn list_notices(
    request: HttpRequest,
    Authenticated(user, (viewer, page)): Authenticated<(WithViewer, PageQuery)>,
    pool: Data<Pool>,
    batches: Data<Batches>,
) -> Result<HttpResponse> {
    let feed = pool
        .run(async |db| changes::with_position(db, feed::list_notices(db, &user, &page)).await)
        .await?;
    let feed = FeedPage::from(feed);
    let feed = batches.with_viewer(feed, &viewer.of(user)).await?;
    Ok(answer_feed(&request, &page, Direction::Before, feed))
}

/// Counts the user's unread notices, up to 1,000.
#[utoipa::path(get, path = "/api/notifications/unread", tag = "notifications",
    security(("token" = [])),
    responses((status = 200, body = UnreadNotices)))]
pub async fn show_unread_notices(
    Authenticated(user, ()): Authenticated<()>,
    pool: Data<Pool>,
) -> Result<HttpResponse> {
    let unread = pool
        .run(async |db| store::count_unread_notices(db, &user).await)
        .await?;
    Ok(HttpResponse::Ok().json(unread))
}

/// Marks a notice and all earlier ones as read, and counts the later ones, up to 1,000. Notices that are marked as read
/// stay so.
#[utoipa::path(post, path = "/api/notifications/read", tag = "notifications",
    request_body = MarkNoticesReadBody, security(("token" = [])),
    responses((status = 200, body = UnreadNotices)))]
pub async fn mark_notices_read(
    Authenticated(user, (key, body)): Authenticated<(IdempotencyHeader, Body<MarkNoticesReadBody>)>,
    pool: Data<Pool>,
) -> Result<HttpResponse> {
    let up_to = body.value.up_to()?;
    let key = key.into_key(user.subject(), &body.bytes);
    let mark = async |db: &Connection| {
        store::update_read_mark(db, &user, up_to).await?;
        store::count_unread_notices(db, &user).await
    };
    pool.write(key.as_ref(), mark).await.map(answer_json)
}
