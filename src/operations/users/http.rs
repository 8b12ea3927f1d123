//! `POST /admin/users/sync`.

use actix_web::HttpResponse;
use actix_web::web::Data;

use super::{UserSyncOptions, UserSyncReport};
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
