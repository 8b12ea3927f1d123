//! `GET /admin/settings`.

use actix_web::HttpResponse;
use actix_web::web::Data;

use super::SettingReport;
use crate::operations::context::Operations;

/// The settings that the server runs with, each with where its value came from. A secret has no value here.
#[utoipa::path(get, path = "/admin/settings", tag = "admin", security(("admin" = [])),
    responses((status = 200, body = Vec<SettingReport>)))]
pub async fn list_settings(operations: Data<Operations>) -> HttpResponse {
    HttpResponse::Ok().json(super::list(&operations.settings))
}
