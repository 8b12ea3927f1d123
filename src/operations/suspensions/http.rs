//! `GET /admin/users` and the routes below `/admin/users/@{handle}`.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::{Change, apply};
use crate::domain::PageQuery;
use crate::error::{Code, Error, Result};
use crate::http::{Direction, NewestFirst, answer_page};
use crate::moderation::{self, SuspendableUser};
use crate::operations::context::Operations;

/// Lists the suspended users, the latest suspension first.
#[utoipa::path(get, path = "/admin/users", tag = "admin", security(("admin" = [])),
    params(("state" = String, Query, pattern = "^suspended$", description = "Which users: `suspended`."),
        NewestFirst),
    responses((status = 200, body = Vec<SuspendableUser>)))]
pub async fn list_suspended_users(
    request: HttpRequest,
    page: PageQuery,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let mut parameters = form_urlencoded::parse(request.query_string().as_bytes());
    if !parameters.any(|(name, value)| name == "state" && value == "suspended") {
        return Err(Error::MalformedQuery(
            "`state` must be `suspended`".to_owned(),
        ));
    }
    let (before, limit) = (page.before(), page.fetch());
    let mut users = operations
        .pool
        .run(async |db| moderation::list_suspended_users(db, &before, limit).await)
        .await?;
    let next = page.cut(&mut users, SuspendableUser::cursor);
    answer_page(&request, &page, Direction::Before, next, &users)
}

/// Shows the user with `handle`, and since when the user is suspended.
#[utoipa::path(get, path = "/admin/users/@{handle}", tag = "admin", security(("admin" = [])),
    params(("handle" = String, Path)), responses((status = 200, body = SuspendableUser)))]
pub async fn show_suspension(
    handle: Path<String>,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let user = operations
        .pool
        .run(async |db| moderation::find_user(db, &handle).await)
        .await?
        .ok_or(Code::UserNotFound)?;
    Ok(HttpResponse::Ok().json(user))
}

/// Suspends the user with `handle`: the user cannot write any more, and the user's profile and activities are not
/// shown. A user who is suspended already stays so since the first time.
#[utoipa::path(put, path = "/admin/users/@{handle}/suspend", tag = "admin", security(("admin" = [])),
    params(("handle" = String, Path)), responses((status = 200, body = SuspendableUser)))]
pub async fn suspend_user(
    handle: Path<String>,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    change(&operations, Change::Suspend, &handle).await
}

/// Reinstates the user with `handle`: the user can write again, and the user's profile and those activities that have
/// not expired meanwhile are shown again.
#[utoipa::path(delete, path = "/admin/users/@{handle}/suspend", tag = "admin", security(("admin" = [])),
    params(("handle" = String, Path)), responses((status = 200, body = SuspendableUser)))]
pub async fn reinstate_user(
    handle: Path<String>,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    change(&operations, Change::Reinstate, &handle).await
}

async fn change(operations: &Operations, change: Change, handle: &str) -> Result<HttpResponse> {
    let user = operations
        .pool
        .run(async |db| apply(db, change, handle).await)
        .await?;
    Ok(HttpResponse::Ok().json(user))
}
