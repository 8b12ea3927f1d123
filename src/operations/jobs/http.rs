//! `GET /admin/jobs`.

use actix_web::HttpResponse;
use actix_web::web::Data;

use super::JobReport;
use crate::operations::context::Operations;

/// What this server does in the background, and what became of the latest runs.
#[utoipa::path(get, path = "/admin/jobs", tag = "admin", security(("admin" = [])),
    responses((status = 200, body = Vec<JobReport>)))]
pub async fn list_jobs(operations: Data<Operations>) -> HttpResponse {
    HttpResponse::Ok().json(super::list(&operations.jobs))
}
