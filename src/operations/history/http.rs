//! `GET /admin/history`.

use actix_web::HttpResponse;
use actix_web::web::Data;

use super::Sample;
use crate::operations::context::Operations;

/// The figures of the last hour, the oldest first, one sample every ten seconds.
#[utoipa::path(get, path = "/admin/history", tag = "admin", security(("admin" = [])),
    responses((status = 200, body = Vec<Sample>)))]
pub async fn list_history(operations: Data<Operations>) -> HttpResponse {
    HttpResponse::Ok().json(operations.history.list())
}
