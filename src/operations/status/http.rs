//! `GET /admin/status`.

use actix_web::HttpResponse;
use actix_web::web::Data;

use super::ServerStatus;
use crate::operations::context::Operations;

/// The state of the server: version, uptime, database, schema, pool and security group.
#[utoipa::path(get, path = "/admin/status", tag = "admin", security(("admin" = [])),
    responses((status = 200, body = ServerStatus)))]
pub async fn show_status(operations: Data<Operations>) -> HttpResponse {
    let Operations {
        connector,
        health,
        pool,
        security_group,
        ..
    } = operations.get_ref();
    HttpResponse::Ok().json(super::show(
        connector,
        health,
        pool,
        security_group.as_deref(),
    ))
}
