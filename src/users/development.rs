//! The two routes of the development identity, with which a client signs in as any user. They respond 404 where a
//! request may not use that identity.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::model::{CreateDevelopmentSessionBody, DevelopmentSession, ShortUser};
use super::store;
use crate::auth::Authenticator;
use crate::db::{Connection, Pool};
use crate::error::{Code, Result};
use crate::http::Body;

/// Lists the first hundred users by handle; a client may sign in as any user. Responds 404 without the development
/// identity.
#[utoipa::path(get, path = "/api/dev/users", tag = "development",
    responses((status = 200, body = Vec<ShortUser>)))]
pub async fn list_development_users(
    request: HttpRequest,
    authenticator: Data<Authenticator>,
    pool: Data<Pool>,
) -> Result<HttpResponse> {
    authenticator
        .development_for(&request)
        .ok_or(Code::RouteNotFound)?;
    let users = pool.run(async |db| store::list_users(db).await).await?;
    Ok(HttpResponse::Ok().json(users))
}

/// Issues an access token for the user with `handle`. Responds 404 without the development identity.
#[utoipa::path(post, path = "/api/dev/session", tag = "development",
    request_body = CreateDevelopmentSessionBody,
    responses((status = 200, body = DevelopmentSession)))]
pub async fn create_development_session(
    request: HttpRequest,
    body: Body<CreateDevelopmentSessionBody>,
    authenticator: Data<Authenticator>,
    pool: Data<Pool>,
) -> Result<HttpResponse> {
    let development = authenticator
        .development_for(&request)
        .ok_or(Code::RouteNotFound)?;
    let handle = body.value.handle.unwrap_or_default();
    let find = async |db: &Connection| {
        let user = store::find_by_handle(db, &handle)
            .await?
            .ok_or(Code::UserNotFound)?;
        let subject = store::find_subject(db, &user)
            .await?
            .ok_or(Code::UserNotFound)?;
        Ok((user.handle, subject))
    };
    let (handle, subject) = pool.run(find).await?;
    let token = development.issue(&pool, &subject).await?;
    Ok(HttpResponse::Ok().json(DevelopmentSession { handle, token }))
}
