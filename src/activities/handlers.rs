//! The activity routes: parse the request, read or write once, respond.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::batches::Batches;
use super::feeds;
use super::include::{IncludeOnUserPage, IncludeViewer, UserPageParts, Viewer, WithViewer};
use super::model::{
    Activity, CreateActivityBody, CreateReplyBody, DeletedActivity, NewActivity, NewReply,
    SearchTerm, Thread,
};
use super::reposts::list_with_reposts;
use super::rows::FeedPage;
use super::searches::Searches;
use super::store::{self, Deleter};
use super::user_pages::UserPage;
use super::viewer::ViewerReactions;
use crate::auth::Authenticated;
use crate::changes;
use crate::config::HttpConfig;
use crate::db::{Connection, Pool};
use crate::domain::PageQuery;
use crate::error::Result;
use crate::http::{
    Body, Direction, IdempotencyHeader, NewestFirst, OldestFirst, PathUuid, answer_document,
    answer_json, with_live_cursor,
};
use crate::users::Provisioner;

/// Lists the top-level activities of all users, newest first, each with its latest three replies.
#[utoipa::path(get, path = "/api/activities/home", tag = "activities",
    params(NewestFirst, IncludeViewer), security((), ("token" = [])),
    responses((status = 200, body = Vec<Activity>)))]
pub async fn list_home(
    request: HttpRequest,
    viewer: Viewer,
    page: PageQuery,
    batches: Data<Batches>,
) -> Result<HttpResponse> {
    let home = batches.list_home(page, &viewer).await?;
    Ok(answer_feed(&request, &page, Direction::Before, home))
}

/// Lists other users' replies to the user's activities and mentions of the user, newest first; none by users whom the
/// user has blocked. A page may have fewer activities than `limit` although another page follows.
#[utoipa::path(get, path = "/api/activities/notifications", tag = "activities",
    security(("token" = [])),
    params(NewestFirst, IncludeViewer),
    responses((status = 200, body = Vec<Activity>)))]
pub async fn list_notifications(
    request: HttpRequest,
    Authenticated(user, (viewer, page)): Authenticated<(Viewer, PageQuery)>,
    pool: Data<Pool>,
    batches: Data<Batches>,
) -> Result<HttpResponse> {
    let list = async |db: &Connection| {
        changes::with_position(db, feeds::list_notifications(db, &user, &page)).await
    };
    let feed = pool.run(list).await?.into();
    let feed = batches.with_viewer(feed, &viewer).await?;
    Ok(answer_feed(&request, &page, Direction::Before, feed))
}

/// Lists the activities and replies that contain every word of the term, newest first. A word also matches words
/// with the same English stem, the last word also longer words that begin with it. `@handle` matches texts by that
/// user and mentions of that user; `#tag` matches the tag.
#[utoipa::path(get, path = "/api/activities/search", tag = "activities",
    params(("term" = String, Query, min_length = 1, max_length = 200, description = "The words to search for."),
        NewestFirst, IncludeViewer), security((), ("token" = [])),
    responses((status = 200, body = Vec<Activity>)))]
pub async fn search_activities(
    request: HttpRequest,
    viewer: Viewer,
    page: PageQuery,
    searches: Data<Searches>,
    batches: Data<Batches>,
) -> Result<HttpResponse> {
    let term = SearchTerm::from_query(request.query_string())?;
    let feed = searches.search(&term, &page).await?;
    let feed = batches.with_viewer(feed, &viewer).await?;
    Ok(answer_feed(&request, &page, Direction::Before, feed))
}

/// Lists one user's top-level activities, newest first, each with its latest three replies. With `include=reposts` it
/// also lists what the user reposted, at the time of the repost. The setting `CLIENT_GENERATION` decides whether the
/// response is an array or an object that also has the user's profile; `/api/config` shows which.
#[utoipa::path(get, path = "/api/activities/@{handle}", tag = "activities",
    params(("handle" = String, Path),
        NewestFirst, IncludeOnUserPage), security((), ("token" = [])),
    responses((status = 200, body = UserPage)))]
pub async fn list_user_activities(
    request: HttpRequest,
    handle: Path<String>,
    parts: UserPageParts,
    page: PageQuery,
    batches: Data<Batches>,
    pool: Data<Pool>,
    http: Data<HttpConfig>,
) -> Result<HttpResponse> {
    let generation = http.client_generation;
    let with_reposts = async |db: &Connection| {
        changes::with_position(db, list_with_reposts(db, &handle, &page, generation)).await
    };
    let feed = match parts.has_reposts {
        true => pool.run(with_reposts).await?.into(),
        false => batches.list_by_user(&handle, page).await?,
    };
    let feed = batches.with_viewer(feed, &parts.viewer).await?;
    Ok(answer_feed(&request, &page, Direction::Before, feed))
}

/// Shows an activity with a page of its direct replies, oldest first.
#[utoipa::path(get, path = "/api/activities/{uuid}", tag = "activities",
    params(("uuid" = uuid::Uuid, Path),
        OldestFirst, IncludeViewer), security((), ("token" = [])),
    responses((status = 200, body = Activity)))]
pub async fn show_activity(
    request: HttpRequest,
    PathUuid(uuid): PathUuid,
    viewer: Viewer,
    page: PageQuery,
    batches: Data<Batches>,
) -> Result<HttpResponse> {
    let activity = batches.find_activity(uuid, page).await?;
    let activity = batches.with_viewer(activity, &viewer).await?;
    Ok(answer_feed(&request, &page, Direction::After, activity))
}

/// Shows an activity and a page of its direct replies, oldest first. Responds 404 unless the user with `handle` is
/// the author.
#[utoipa::path(get, path = "/api/activities/@{handle}/status/{uuid}", tag = "activities",
    params(("handle" = String, Path), ("uuid" = uuid::Uuid, Path),
        OldestFirst, IncludeViewer), security((), ("token" = [])),
    responses((status = 200, body = Thread)))]
pub async fn show_thread(
    request: HttpRequest,
    path: Path<(String, String)>,
    PathUuid(uuid): PathUuid,
    viewer: Viewer,
    page: PageQuery,
    batches: Data<Batches>,
) -> Result<HttpResponse> {
    let thread = batches.find_thread(&path.0, uuid, page).await?;
    let thread = batches.with_viewer(thread, &viewer).await?;
    Ok(answer_feed(&request, &page, Direction::After, thread))
}

/// Creates a top-level activity that expires after `ttl`.
#[utoipa::path(post, path = "/api/activities", tag = "activities",
    params(IncludeViewer), request_body = CreateActivityBody, security(("token" = [])),
    responses((status = 200, body = Activity)))]
pub async fn create_activity(
    Authenticated(user, (viewer, key, body)): Authenticated<(
        WithViewer,
        IdempotencyHeader,
        Body<CreateActivityBody>,
    )>,
    batches: Data<Batches>,
    provisioner: Data<Provisioner>,
) -> Result<HttpResponse> {
    let new = NewActivity::try_from(body.value)?;
    let key = key.into_key(user.subject(), &body.bytes);
    let insert = async || {
        let write = batches.insert_activity(key.clone(), &user, new.clone());
        write.await
    };
    let activity = provisioner.provision_if_missing(&user, insert).await?;
    Ok(answer_new(activity, viewer))
}

/// Creates a reply to an activity. The reply expires at the same time as the activity. Responds 403 `blocked` if the
/// author of the activity has blocked the user.
#[utoipa::path(post, path = "/api/activities/{uuid}/reply", tag = "activities",
    params(("uuid" = uuid::Uuid, Path), IncludeViewer),
    request_body = CreateReplyBody, security(("token" = [])),
    responses((status = 200, body = Activity)))]
pub async fn create_reply(
    Authenticated(user, (PathUuid(parent), viewer, key, body)): Authenticated<(
        PathUuid,
        WithViewer,
        IdempotencyHeader,
        Body<CreateReplyBody>,
    )>,
    batches: Data<Batches>,
    provisioner: Data<Provisioner>,
) -> Result<HttpResponse> {
    let new = NewReply::try_from(body.value)?;
    let key = key.into_key(user.subject(), &body.bytes);
    let insert = async || {
        let write = batches.insert_reply(key.clone(), &user, parent, new.clone());
        write.await
    };
    let activity = provisioner.provision_if_missing(&user, insert).await?;
    Ok(answer_new(activity, viewer))
}

/// Deletes an activity of the user, with all replies below it.
#[utoipa::path(delete, path = "/api/activities/{uuid}", tag = "activities",
    params(("uuid" = uuid::Uuid, Path)), security(("token" = [])),
    responses((status = 200, body = DeletedActivity)))]
pub async fn delete_activity(
    Authenticated(user, (PathUuid(uuid), key)): Authenticated<(PathUuid, IdempotencyHeader)>,
    pool: Data<Pool>,
) -> Result<HttpResponse> {
    let key = key.into_key(user.subject(), &[]);
    pool.write(key.as_ref(), async |db| {
        store::delete_activity(db, Deleter::Author(&user), uuid).await
    })
    .await
    .map(answer_json)
}

/// The response with a new activity, to which there are no reactions yet.
fn answer_new(activity: Vec<u8>, viewer: WithViewer) -> HttpResponse {
    answer_json(match viewer.0 {
        true => ViewerReactions::default().insert_into(&activity),
        false => activity,
    })
}

/// The response with a page of a feed or of a thread.
pub fn answer_feed(
    request: &HttpRequest,
    page: &PageQuery,
    direction: Direction,
    feed: FeedPage,
) -> HttpResponse {
    let response = answer_document(request, page, direction, feed.next, feed.json);
    with_live_cursor(response, feed.position)
}
