//! How the server is.

use actix_web::HttpResponse;
use actix_web::web::Data;

use super::Operations;
use crate::ops::status::{self, Status};

/// Version, uptime, database, schema, pool and security group.
#[utoipa::path(get, path = "/admin/status", tag = "admin", security(("admin" = [])),
    responses((status = 200, body = Status)))]
pub async fn show_status(operations: Data<Operations>) -> HttpResponse {
    let Operations {
        connector,
        health,
        pool,
        security_group,
        ..
    } = operations.get_ref();
    HttpResponse::Ok().json(status::show(
        connector,
        health,
        pool,
        security_group.as_deref(),
    ))
}
