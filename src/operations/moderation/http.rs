//! `DELETE /admin/activities/{uuid}`.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::activities::{self, DeletedActivity};
use crate::error::Result;
use crate::http::PathUuid;
use crate::operations::context::Operations;

/// Removes an activity of any user, and every reply below it.
#[utoipa::path(delete, path = "/admin/activities/{uuid}", tag = "admin", security(("admin" = [])),
    params(("uuid" = uuid::Uuid, Path)), responses((status = 200, body = DeletedActivity)))]
pub async fn remove_activity(
    PathUuid(uuid): PathUuid,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let deleted = activities::remove(&operations.pool, uuid).await?;
    Ok(HttpResponse::Ok().json(deleted))
}
