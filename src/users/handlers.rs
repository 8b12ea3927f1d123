//! The routes that show a user and change the profile of the authenticated user.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::model::{Profile, ProfileChange, ShortUser, UpdateProfileBody};
use super::profiles;
use super::{Provisioner, store};
use crate::auth::{Authenticated, CurrentUser};
use crate::changes::WorkerCache;
use crate::db::Pool;
use crate::error::{Code, Result};
use crate::http::{Body, IdempotencyHeader, answer_json, answer_whole};

/// Shows a user's profile, without the e-mail address.
#[utoipa::path(get, path = "/api/users/@{handle}", tag = "users",
    params(("handle" = String, Path)), responses((status = 200, body = Profile)))]
pub async fn show_user(
    handle: Path<String>,
    pool: Data<Pool>,
    cache: Data<WorkerCache>,
) -> Result<HttpResponse> {
    profiles::find(&handle, &pool, &cache)
        .await
        .map(answer_whole)
}

/// Shows a user's id, handle and display name.
#[utoipa::path(get, path = "/api/users/@{handle}/short", tag = "users",
    params(("handle" = String, Path)), responses((status = 200, body = ShortUser)))]
pub async fn show_short_user(handle: Path<String>, pool: Data<Pool>) -> Result<HttpResponse> {
    let user = pool
        .run(async |db| store::find_visible_user(db, &handle).await)
        .await?
        .ok_or(Code::UserNotFound)?;
    Ok(HttpResponse::Ok().json(user))
}

/// Shows the user of the access token, which itself contains no handle.
#[utoipa::path(get, path = "/api/profile", tag = "users", security(("token" = [])),
    responses((status = 200, body = ShortUser)))]
pub async fn show_own_profile(
    Authenticated(user, ()): Authenticated<()>,
    pool: Data<Pool>,
    provisioner: Data<Provisioner>,
) -> Result<HttpResponse> {
    let find = async || {
        let user = pool
            .run(async |db| store::find_by_subject(db, &user).await)
            .await?;
        user.ok_or_else(|| Code::CognitoUserIdBlank.into())
    };
    let user = provisioner.provision_if_missing(&user, find).await?;
    Ok(HttpResponse::Ok().json(user))
}

/// Sets the display name and the bio of the authenticated user.
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

/// Sets the display name and the bio like `PUT`, for clients that only send `POST`.
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
    let key = key.into_key(user.subject(), &body.bytes);
    let update = async || {
        pool.write(key.as_ref(), async |db| {
            store::update_profile(db, user, &change).await
        })
        .await
    };
    provisioner
        .provision_if_missing(user, update)
        .await
        .map(answer_json)
}
