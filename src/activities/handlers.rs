//! The activity routes: parse, ask the batches or the store once, answer.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::batches::Batches;
use super::model::{
    Activity, CreateActivityBody, CreateReplyBody, DeletedActivity, NewActivity, NewReply,
    SearchTerm, Thread,
};
use super::{search, store};
use crate::auth::Authenticated;
use crate::db::Pool;
use crate::domain::PageQuery;
use crate::error::{Code, Result};
use crate::http::{
    Body, Direction, IdempotencyHeader, NewestFirst, OldestFirst, PathUuid, answer_document,
    answer_json, answer_page,
};
use crate::users::Provisioner;

/// Everyone's top-level activities, newest first, each with its latest three replies.
#[utoipa::path(get, path = "/api/activities/home", tag = "activities",
    params(NewestFirst),
    responses((status = 200, body = Vec<Activity>)))]
pub async fn list_home(
    request: HttpRequest,
    page: PageQuery,
    batches: Data<Batches>,
) -> Result<HttpResponse> {
    let home = batches.list_home(page).await?;
    Ok(answer_document(
        &request,
        &page,
        Direction::Before,
        home.next,
        home.json,
    ))
}

/// What concerns me, by others: replies to mine and mentions of me, newest first.
#[utoipa::path(get, path = "/api/activities/notifications", tag = "activities",
    security(("token" = [])),
    params(NewestFirst),
    responses((status = 200, body = Vec<Activity>)))]
pub async fn list_notifications(
    request: HttpRequest,
    Authenticated(user, page): Authenticated<PageQuery>,
    pool: Data<Pool>,
) -> Result<HttpResponse> {
    let db = pool.get().await?;
    let mut places = store::list_notifications(&db, &user, &page).await?;
    let next = page.cut(&mut places, |place| *place);
    let feed = store::list_by_uuids(&db, &places).await?;
    answer_page(
        &request,
        &page,
        Direction::Before,
        next,
        &feed.activities()?,
    )
}

/// Activities and replies that hold every word of the term, or its English stem, or the beginning of
/// its last word; `@handle` finds an author and mentions, `#tag` a tag. Newest first.
#[utoipa::path(get, path = "/api/activities/search", tag = "activities",
    params(("term" = String, Query, min_length = 1, max_length = 200),
        NewestFirst),
    responses((status = 200, body = Vec<Activity>)))]
pub async fn search_activities(
    request: HttpRequest,
    page: PageQuery,
    pool: Data<Pool>,
) -> Result<HttpResponse> {
    let term = SearchTerm::from_query(request.query_string())?;
    let db = pool.get().await?;
    let mut places = search::search(&db, &term, &page).await?;
    let next = page.cut(&mut places, |place| *place);
    let feed = store::list_by_uuids(&db, &places).await?;
    answer_page(
        &request,
        &page,
        Direction::Before,
        next,
        &feed.activities()?,
    )
}

/// One user's top-level activities, newest first.
#[utoipa::path(get, path = "/api/activities/@{handle}", tag = "activities",
    params(("handle" = String, Path),
        NewestFirst),
    responses((status = 200, body = Vec<Activity>)))]
pub async fn list_user_activities(
    request: HttpRequest,
    handle: Path<String>,
    page: PageQuery,
    batches: Data<Batches>,
) -> Result<HttpResponse> {
    let found = batches.list_by_user(&handle, page).await?;
    Ok(answer_document(
        &request,
        &page,
        Direction::Before,
        found.next,
        found.json,
    ))
}

/// One activity with a page of its direct replies, oldest first.
#[utoipa::path(get, path = "/api/activities/{uuid}", tag = "activities",
    params(("uuid" = uuid::Uuid, Path),
        OldestFirst),
    responses((status = 200, body = Activity)))]
pub async fn show_activity(
    request: HttpRequest,
    PathUuid(uuid): PathUuid,
    page: PageQuery,
    batches: Data<Batches>,
) -> Result<HttpResponse> {
    let thread = batches.find_thread(uuid, page).await?;
    let mut activity = thread.activity()?;
    let next = page.cut(&mut activity.replies, Activity::cursor);
    answer_page(&request, &page, Direction::After, next, &activity)
}

/// The same thread for a page that knows the author's handle.
#[utoipa::path(get, path = "/api/activities/@{handle}/status/{uuid}", tag = "activities",
    params(("handle" = String, Path), ("uuid" = uuid::Uuid, Path),
        OldestFirst),
    responses((status = 200, body = Thread)))]
pub async fn show_thread(
    request: HttpRequest,
    path: Path<(String, String)>,
    PathUuid(uuid): PathUuid,
    page: PageQuery,
    batches: Data<Batches>,
) -> Result<HttpResponse> {
    let thread = batches.find_thread(uuid, page).await?;
    let mut activity = thread.activity()?;
    if !activity.handle.eq_ignore_ascii_case(&path.0) {
        return Err(Code::ActivityNotFound.into());
    }
    let next = page.cut(&mut activity.replies, Activity::cursor);
    let thread = Thread {
        activity: &activity,
        replies: &activity.replies,
    };
    answer_page(&request, &page, Direction::After, next, &thread)
}

/// Posts an activity that lives as long as `ttl` says.
#[utoipa::path(post, path = "/api/activities", tag = "activities",
    request_body = CreateActivityBody, security(("token" = [])),
    responses((status = 200, body = Activity)))]
pub async fn create_activity(
    Authenticated(user, (key, body)): Authenticated<(IdempotencyHeader, Body<CreateActivityBody>)>,
    batches: Data<Batches>,
    provisioner: Data<Provisioner>,
) -> Result<HttpResponse> {
    let new = NewActivity::try_from(body.value)?;
    let once = key.into_key(user.subject(), &body.bytes);
    let insert = async || {
        let write = batches.insert_activity(once.clone(), &user, new.clone());
        write.await
    };
    provisioner
        .provision_if_missing(&user, insert)
        .await
        .map(answer_json)
}

/// Answers an activity. The reply lives as long as what it answers.
#[utoipa::path(post, path = "/api/activities/{uuid}/reply", tag = "activities",
    params(("uuid" = uuid::Uuid, Path)),
    request_body = CreateReplyBody, security(("token" = [])),
    responses((status = 200, body = Activity)))]
pub async fn create_reply(
    Authenticated(user, (PathUuid(parent), key, body)): Authenticated<(
        PathUuid,
        IdempotencyHeader,
        Body<CreateReplyBody>,
    )>,
    batches: Data<Batches>,
    provisioner: Data<Provisioner>,
) -> Result<HttpResponse> {
    let new = NewReply::try_from(body.value)?;
    let once = key.into_key(user.subject(), &body.bytes);
    let insert = async || {
        let write = batches.insert_reply(once.clone(), &user, parent, new.clone());
        write.await
    };
    provisioner
        .provision_if_missing(&user, insert)
        .await
        .map(answer_json)
}

/// Deletes one's own activity and everything below it.
#[utoipa::path(delete, path = "/api/activities/{uuid}", tag = "activities",
    params(("uuid" = uuid::Uuid, Path)), security(("token" = [])),
    responses((status = 200, body = DeletedActivity)))]
pub async fn delete_activity(
    Authenticated(user, (PathUuid(uuid), key)): Authenticated<(PathUuid, IdempotencyHeader)>,
    pool: Data<Pool>,
) -> Result<HttpResponse> {
    let once = key.into_key(user.subject(), &[]);
    pool.write(once.as_ref(), async |db| {
        store::delete_activity(db, &user, uuid).await
    })
    .await
    .map(answer_json)
}
