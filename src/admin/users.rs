//! Bringing the users of the user pool here.

use actix_web::HttpResponse;
use actix_web::web::Data;

use super::{Operations, Order};
use crate::config::IdentityConfig;
use crate::error::Result;
use crate::ops::users::{self, Options, Report};

/// Makes a row for everybody in the user pool who has none here.
#[utoipa::path(post, path = "/admin/users/sync", tag = "admin", security(("admin" = [])),
    request_body = Options, responses((status = 200, body = Report)))]
pub async fn sync_users(
    Order(options): Order<Options>,
    operations: Data<Operations>,
    identity: Data<IdentityConfig>,
) -> Result<HttpResponse> {
    let report = users::sync(&identity, &operations.pool, &options, |_| {}).await?;
    Ok(HttpResponse::Ok().json(report))
}
