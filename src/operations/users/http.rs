//! `POST /admin/users/sync` and `POST /admin/users/link`.

use actix_web::HttpResponse;
use actix_web::web::Data;

use super::link::{UserLinkOptions, UserLinkReport};
use super::{UserSyncOptions, UserSyncReport, link};
use crate::config::IdentityConfig;
use crate::error::Result;
use crate::operations::context::Operations;
use crate::operations::optional_json::OptionalJson;

/// Inserts a user row for each user of the Cognito user pool that has none.
#[utoipa::path(post, path = "/admin/users/sync", tag = "admin", security(("admin" = [])),
    request_body = UserSyncOptions, responses((status = 200, body = UserSyncReport)))]
pub async fn sync_users(
    OptionalJson(options): OptionalJson<UserSyncOptions>,
    operations: Data<Operations>,
    identity: Data<IdentityConfig>,
) -> Result<HttpResponse> {
    let report = super::sync(&identity, &operations.pool, &options, |_| {}).await?;
    Ok(HttpResponse::Ok().json(report))
}

/// Gives a user of example data, or all of them, the Cognito id of a user of the pool.
#[utoipa::path(post, path = "/admin/users/link", tag = "admin", security(("admin" = [])),
    request_body = UserLinkOptions, responses((status = 200, body = UserLinkReport)))]
pub async fn link_users(
    OptionalJson(options): OptionalJson<UserLinkOptions>,
    operations: Data<Operations>,
    identity: Data<IdentityConfig>,
) -> Result<HttpResponse> {
    let report = link::link(&identity, &operations.pool, &options).await?;
    Ok(HttpResponse::Ok().json(report))
}
