//! The routes of likes and reposts: parse the request, read or write once, respond.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use uuid::Uuid;

use super::batches::Batches;
use super::lists;
use super::model::{Change, Kind, ReactionChange, Reactor};
use crate::activities::{self, Activity, IncludeViewer, Viewer, WithViewer, answer_feed};
use crate::auth::Authenticated;
use crate::db::Pool;
use crate::domain::PageQuery;
use crate::error::Result;
use crate::http::{Direction, IdempotencyHeader, NewestFirst, PathUuid, answer_json, answer_page};
use crate::users::Provisioner;

/// The parts of a request that changes a reaction.
type ChangeRequest = Authenticated<(PathUuid, WithViewer, IdempotencyHeader)>;

/// Likes an activity, and returns it. Liking it again changes nothing. Users may like their own activities.
#[utoipa::path(put, path = "/api/activities/{uuid}/like", tag = "reactions",
    params(("uuid" = uuid::Uuid, Path), IncludeViewer), security(("token" = [])),
    responses((status = 200, body = Activity)))]
pub async fn create_like(
    request: ChangeRequest,
    batches: Data<Batches>,
    provisioner: Data<Provisioner>,
) -> Result<HttpResponse> {
    update(request, Kind::Like, Change::Make, &batches, &provisioner).await
}

/// Undoes the user's like of an activity, and returns the activity. Without a like it changes nothing.
#[utoipa::path(delete, path = "/api/activities/{uuid}/like", tag = "reactions",
    params(("uuid" = uuid::Uuid, Path), IncludeViewer), security(("token" = [])),
    responses((status = 200, body = Activity)))]
pub async fn delete_like(
    request: ChangeRequest,
    batches: Data<Batches>,
    provisioner: Data<Provisioner>,
) -> Result<HttpResponse> {
    update(request, Kind::Like, Change::Undo, &batches, &provisioner).await
}

/// Reposts an activity, and returns it. Reposting it again changes nothing. Users may repost their own activities.
#[utoipa::path(put, path = "/api/activities/{uuid}/repost", tag = "reactions",
    params(("uuid" = uuid::Uuid, Path), IncludeViewer), security(("token" = [])),
    responses((status = 200, body = Activity)))]
pub async fn create_repost(
    request: ChangeRequest,
    batches: Data<Batches>,
    provisioner: Data<Provisioner>,
) -> Result<HttpResponse> {
    update(request, Kind::Repost, Change::Make, &batches, &provisioner).await
}

/// Undoes the user's repost of an activity, and returns the activity. Without a repost it changes nothing.
#[utoipa::path(delete, path = "/api/activities/{uuid}/repost", tag = "reactions",
    params(("uuid" = uuid::Uuid, Path), IncludeViewer), security(("token" = [])),
    responses((status = 200, body = Activity)))]
pub async fn delete_repost(
    request: ChangeRequest,
    batches: Data<Batches>,
    provisioner: Data<Provisioner>,
) -> Result<HttpResponse> {
    update(request, Kind::Repost, Change::Undo, &batches, &provisioner).await
}

async fn update(
    Authenticated(user, (PathUuid(activity), viewer, key)): ChangeRequest,
    kind: Kind,
    change: Change,
    batches: &Batches,
    provisioner: &Provisioner,
) -> Result<HttpResponse> {
    let key = key.into_key(user.subject(), &[]);
    let change = ReactionChange {
        activity,
        kind,
        change,
        with_viewer: viewer.0,
    };
    let update = async || batches.update_reaction(key.clone(), &user, change).await;
    provisioner
        .provision_if_missing(&user, update)
        .await
        .map(answer_json)
}

/// Lists the users who liked an activity, the latest like first.
#[utoipa::path(get, path = "/api/activities/{uuid}/likes", tag = "reactions",
    params(("uuid" = uuid::Uuid, Path),
        NewestFirst),
    responses((status = 200, body = Vec<Reactor>)))]
pub async fn list_likes(
    request: HttpRequest,
    PathUuid(activity): PathUuid,
    page: PageQuery,
    pool: Data<Pool>,
) -> Result<HttpResponse> {
    answer_reactors(&request, activity, Kind::Like, &page, &pool).await
}

/// Lists the users who reposted an activity, the latest repost first.
#[utoipa::path(get, path = "/api/activities/{uuid}/reposts", tag = "reactions",
    params(("uuid" = uuid::Uuid, Path),
        NewestFirst),
    responses((status = 200, body = Vec<Reactor>)))]
pub async fn list_reposts(
    request: HttpRequest,
    PathUuid(activity): PathUuid,
    page: PageQuery,
    pool: Data<Pool>,
) -> Result<HttpResponse> {
    answer_reactors(&request, activity, Kind::Repost, &page, &pool).await
}

async fn answer_reactors(
    request: &HttpRequest,
    activity: Uuid,
    kind: Kind,
    page: &PageQuery,
    pool: &Pool,
) -> Result<HttpResponse> {
    let (reactors, next) = pool
        .run(async |db| lists::list_reactors(db, activity, kind, page).await)
        .await?;
    answer_page(request, page, Direction::Before, next, &reactors)
}

/// Lists the activities that a user liked, the latest like first, each with its latest three replies.
#[utoipa::path(get, path = "/api/users/@{handle}/likes", tag = "reactions",
    params(("handle" = String, Path),
        NewestFirst, IncludeViewer), security((), ("token" = [])),
    responses((status = 200, body = Vec<Activity>)))]
pub async fn list_liked_activities(
    request: HttpRequest,
    handle: Path<String>,
    viewer: Viewer,
    page: PageQuery,
    pool: Data<Pool>,
    batches: Data<activities::Batches>,
) -> Result<HttpResponse> {
    let feed = pool
        .run(async |db| lists::list_activities(db, &handle, Kind::Like, &page).await)
        .await?;
    let feed = batches.with_viewer(feed, &viewer).await?;
    Ok(answer_feed(&request, &page, Direction::Before, feed))
}

/// Lists the activities that a user reposted, the latest repost first, each with its latest three replies.
#[utoipa::path(get, path = "/api/users/@{handle}/reposts", tag = "reactions",
    params(("handle" = String, Path),
        NewestFirst, IncludeViewer), security((), ("token" = [])),
    responses((status = 200, body = Vec<Activity>)))]
pub async fn list_reposted_activities(
    request: HttpRequest,
    handle: Path<String>,
    viewer: Viewer,
    page: PageQuery,
    pool: Data<Pool>,
    batches: Data<activities::Batches>,
) -> Result<HttpResponse> {
    let feed = pool
        .run(async |db| lists::list_activities(db, &handle, Kind::Repost, &page).await)
        .await?;
    let feed = batches.with_viewer(feed, &viewer).await?;
    Ok(answer_feed(&request, &page, Direction::Before, feed))
}
