//! The block routes: authenticate, read or write once, respond.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::model::Block;
use super::store;
use crate::auth::Authenticated;
use crate::db::Pool;
use crate::error::{Code, Result};
use crate::http::{IdempotencyHeader, answer_json};
use crate::users::Provisioner;

/// Shows whether the user has blocked the user with `handle`.
#[utoipa::path(get, path = "/api/users/@{handle}/block", tag = "users", security(("token" = [])),
    params(("handle" = String, Path)), responses((status = 200, body = Block)))]
pub async fn show_block(
    handle: Path<String>,
    Authenticated(user, ()): Authenticated<()>,
    pool: Data<Pool>,
) -> Result<HttpResponse> {
    let block = pool
        .run(async |db| store::find_block(db, &user, &handle).await)
        .await?
        .ok_or(Code::UserNotFound)?;
    Ok(HttpResponse::Ok().json(block))
}

/// Blocks the user with `handle`, who then cannot reply to the user's activities, like or repost them, or send the user
/// a message, and whose mentions of the user cause no notifications. The blocked user can still read everything. A user
/// can block 10,000 others.
#[utoipa::path(put, path = "/api/users/@{handle}/block", tag = "users", security(("token" = [])),
    params(("handle" = String, Path)), responses((status = 200, body = Block)))]
pub async fn create_block(
    handle: Path<String>,
    Authenticated(user, key): Authenticated<IdempotencyHeader>,
    pool: Data<Pool>,
    provisioner: Data<Provisioner>,
) -> Result<HttpResponse> {
    let key = key.into_key(user.subject(), &[]);
    let insert = async || {
        pool.write(key.as_ref(), async |db| {
            store::insert_block(db, &user, &handle).await
        })
        .await
    };
    provisioner
        .provision_if_missing(&user, insert)
        .await
        .map(answer_json)
}

/// Unblocks the user with `handle`.
#[utoipa::path(delete, path = "/api/users/@{handle}/block", tag = "users", security(("token" = [])),
    params(("handle" = String, Path)), responses((status = 200, body = Block)))]
pub async fn delete_block(
    handle: Path<String>,
    Authenticated(user, key): Authenticated<IdempotencyHeader>,
    pool: Data<Pool>,
) -> Result<HttpResponse> {
    let key = key.into_key(user.subject(), &[]);
    pool.write(key.as_ref(), async |db| {
        store::delete_block(db, &user, &handle).await
    })
    .await
    .map(answer_json)
}
