//! The activity routes: parse, ask the batches or the store once, answer.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::batches::Batches;
use super::model::{
    Activity, CreateActivityBody, CreateReplyBody, DeletedActivity, NewActivity, NewReply,
    SearchTerm, Thread,
};
use super::{search, store};
use crate::auth::Signed;
use crate::db::Pool;
use crate::error::{Code, Result};
use crate::http::{Body, IdempotencyKey, PageQuery, PathUuid, answer_json};
use crate::users::Newcomers;

/// Everyone's top-level activities, newest first, each with its latest three replies.
#[utoipa::path(get, path = "/api/activities/home", tag = "activities",
    params(("limit" = Option<i64>, Query, minimum = 1, maximum = 100),
        ("before" = Option<String>, Query, description = "A cursor from `Link`.")),
    responses((status = 200, body = Vec<Activity>)))]
pub async fn list_home(
    request: HttpRequest,
    page: PageQuery,
    batches: Data<Batches>,
) -> Result<HttpResponse> {
    let home = batches.list_home(page).await?;
    Ok(page.answer_json(&request, "before", home.next, home.json))
}

/// What concerns me, by others: replies to mine and mentions of me, newest first.
#[utoipa::path(get, path = "/api/activities/notifications", tag = "activities",
    security(("token" = [])),
    params(("limit" = Option<i64>, Query, minimum = 1, maximum = 100),
        ("before" = Option<String>, Query, description = "A cursor from `Link`.")),
    responses((status = 200, body = Vec<Activity>)))]
pub async fn list_notifications(
    request: HttpRequest,
    Signed(user, page): Signed<PageQuery>,
    pool: Data<Pool>,
) -> Result<HttpResponse> {
    let db = pool.get().await?;
    let mut places = store::list_notifications(&db, &user, &page).await?;
    let next = page.cut(&mut places, |place| *place);
    let feed = store::list_by_uuids(&db, &places).await?;
    page.answer(&request, "before", next, &feed.activities()?)
}

/// Activities and replies that hold every word of the term, or its English stem, or the beginning of
/// its last word; `@handle` finds an author and mentions, `#tag` a tag. Newest first.
#[utoipa::path(get, path = "/api/activities/search", tag = "activities",
    params(("term" = String, Query, min_length = 1, max_length = 200),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100),
        ("before" = Option<String>, Query, description = "A cursor from `Link`.")),
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
    page.answer(&request, "before", next, &feed.activities()?)
}

/// One user's top-level activities, newest first.
#[utoipa::path(get, path = "/api/activities/@{handle}", tag = "activities",
    params(("handle" = String, Path),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100),
        ("before" = Option<String>, Query, description = "A cursor from `Link`.")),
    responses((status = 200, body = Vec<Activity>)))]
pub async fn list_user_activities(
    request: HttpRequest,
    handle: Path<String>,
    page: PageQuery,
    batches: Data<Batches>,
) -> Result<HttpResponse> {
    let found = batches.list_by_user(&handle, page).await?;
    Ok(page.answer_json(&request, "before", found.next, found.json))
}

/// One activity with a page of its direct replies, oldest first.
#[utoipa::path(get, path = "/api/activities/{uuid}", tag = "activities",
    params(("uuid" = uuid::Uuid, Path),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100),
        ("after" = Option<String>, Query, description = "A cursor from `Link`.")),
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
    page.answer(&request, "after", next, &activity)
}

/// The same thread for a page that knows the author's handle.
#[utoipa::path(get, path = "/api/activities/@{handle}/status/{uuid}", tag = "activities",
    params(("handle" = String, Path), ("uuid" = uuid::Uuid, Path),
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 100),
        ("after" = Option<String>, Query, description = "A cursor from `Link`.")),
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
    page.answer(&request, "after", next, &thread)
}

/// Posts an activity that lives as long as `ttl` says.
#[utoipa::path(post, path = "/api/activities", tag = "activities",
    request_body = CreateActivityBody, security(("token" = [])),
    responses((status = 200, body = Activity)))]
pub async fn create_activity(
    Signed(user, (key, body)): Signed<(IdempotencyKey, Body<CreateActivityBody>)>,
    batches: Data<Batches>,
    newcomers: Data<Newcomers>,
) -> Result<HttpResponse> {
    let new = NewActivity::try_from(body.value)?;
    let once = key.once(user.subject(), &body.bytes);
    let insert = async || {
        let write = batches.insert_activity(once.clone(), &user, new.clone());
        write.await
    };
    newcomers.admit(&user, insert).await.map(answer_json)
}

/// Answers an activity. The reply lives as long as what it answers.
#[utoipa::path(post, path = "/api/activities/{uuid}/reply", tag = "activities",
    params(("uuid" = uuid::Uuid, Path)),
    request_body = CreateReplyBody, security(("token" = [])),
    responses((status = 200, body = Activity)))]
pub async fn create_reply(
    Signed(user, (PathUuid(parent), key, body)): Signed<(
        PathUuid,
        IdempotencyKey,
        Body<CreateReplyBody>,
    )>,
    batches: Data<Batches>,
    newcomers: Data<Newcomers>,
) -> Result<HttpResponse> {
    let new = NewReply::try_from(body.value)?;
    let once = key.once(user.subject(), &body.bytes);
    let insert = async || {
        let write = batches.insert_reply(once.clone(), &user, parent, new.clone());
        write.await
    };
    newcomers.admit(&user, insert).await.map(answer_json)
}

/// Deletes one's own activity and everything below it.
#[utoipa::path(delete, path = "/api/activities/{uuid}", tag = "activities",
    params(("uuid" = uuid::Uuid, Path)), security(("token" = [])),
    responses((status = 200, body = DeletedActivity)))]
pub async fn delete_activity(
    Signed(user, (PathUuid(uuid), key)): Signed<(PathUuid, IdempotencyKey)>,
    pool: Data<Pool>,
) -> Result<HttpResponse> {
    let once = key.once(user.subject(), &[]);
    pool.write(once.as_ref(), async |db| {
        store::delete_activity(db, &user, uuid).await
    })
    .await
    .map(answer_json)
}
