//! The routes of a profile: show it in full or in a line, and change one's own.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::model::{Profile, ProfileChange, ShortUser, UpdateProfileBody};
use super::{Provisioner, store};
use crate::auth::{Authenticated, CurrentUser};
use crate::db::Pool;
use crate::error::{Code, Result};
use crate::http::{Body, IdempotencyHeader, answer_json};

/// A user's profile, without the e-mail address.
#[utoipa::path(get, path = "/api/users/@{handle}", tag = "users",
    params(("handle" = String, Path)), responses((status = 200, body = Profile)))]
pub async fn show_user(handle: Path<String>, pool: Data<Pool>) -> Result<HttpResponse> {
    let profile = store::find_profile(&pool.get().await?, &handle)
        .await?
        .ok_or(Code::UserNotFound)?;
    Ok(HttpResponse::Ok().json(profile))
}

/// A user in a line.
#[utoipa::path(get, path = "/api/users/@{handle}/short", tag = "users",
    params(("handle" = String, Path)), responses((status = 200, body = ShortUser)))]
pub async fn show_short_user(handle: Path<String>, pool: Data<Pool>) -> Result<HttpResponse> {
    let user = store::find_by_handle(&pool.get().await?, &handle)
        .await?
        .ok_or(Code::UserNotFound)?;
    Ok(HttpResponse::Ok().json(user))
}

/// Who the token's owner is, in a line: an access token holds no handle, so a client has to ask.
#[utoipa::path(get, path = "/api/profile", tag = "users", security(("token" = [])),
    responses((status = 200, body = ShortUser)))]
pub async fn show_own_profile(
    Authenticated(user, ()): Authenticated<()>,
    pool: Data<Pool>,
) -> Result<HttpResponse> {
    let user = store::find_by_subject(&pool.get().await?, &user)
        .await?
        .ok_or(Code::CognitoUserIdBlank)?;
    Ok(HttpResponse::Ok().json(user))
}

/// Sets one's own display name and bio.
#[utoipa::path(put, path = "/api/profile/update", tag = "users",
    request_body = UpdateProfileBody, security(("token" = [])),
    responses((status = 200, body = ShortUser)))]
pub async fn replace_profile(
    Authenticated(user, (key, body)): Authenticated<(IdempotencyHeader, Body<UpdateProfileBody>)>,
    pool: Data<Pool>,
    provisioner: Data<Provisioner>,
) -> Result<HttpResponse> {
    change_profile(&user, key, body, &pool, &provisioner).await
}

/// The same, for clients that only know POST.
#[utoipa::path(post, path = "/api/profile/update", tag = "users",
    request_body = UpdateProfileBody, security(("token" = [])),
    responses((status = 200, body = ShortUser)))]
pub async fn update_profile(
    Authenticated(user, (key, body)): Authenticated<(IdempotencyHeader, Body<UpdateProfileBody>)>,
    pool: Data<Pool>,
    provisioner: Data<Provisioner>,
) -> Result<HttpResponse> {
    change_profile(&user, key, body, &pool, &provisioner).await
}

async fn change_profile(
    user: &CurrentUser,
    key: IdempotencyHeader,
    body: Body<UpdateProfileBody>,
    pool: &Pool,
    provisioner: &Provisioner,
) -> Result<HttpResponse> {
    let change = ProfileChange::try_from(body.value)?;
    let once = key.into_key(user.subject(), &body.bytes);
    let update = async || {
        pool.write(once.as_ref(), async |db| {
            store::update_profile(db, user, &change).await
        })
        .await
    };
    provisioner
        .provision_if_missing(user, update)
        .await
        .map(answer_json)
}
