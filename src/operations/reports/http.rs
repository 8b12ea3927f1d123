//! `GET /admin/reports`, `GET /admin/reports/{uuid}` and `POST /admin/reports/{uuid}/close`.

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;

use super::parse_status;
use crate::domain::PageQuery;
use crate::error::{Code, Error, Result};
use crate::http::{Direction, NewestFirst, PathUuid, answer_page};
use crate::moderation::reports::{
    self, Closing, ClosingReason, Report, ReportStatus, ReportSummary,
};
use crate::operations::context::Operations;
use crate::operations::optional_json::OptionalJson;
use crate::operations::query::parameter;

/// How to close a report.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CloseReportBody {
    /// What the operator decided. `unfounded` removes the report's copies and the reporter's note.
    #[schema(value_type = ClosingReason, required)]
    reason: Option<String>,
    /// What the operator adds: at most 1,000 Unicode scalar values, no NUL. It stays with the report, so it should not
    /// repeat what people wrote.
    #[schema(max_length = 1000)]
    note: Option<String>,
}

/// The reports of activities, newest first, without anything that people wrote.
#[utoipa::path(get, path = "/admin/reports", tag = "admin", security(("admin" = [])),
    params(("status" = Option<ReportStatus>, Query, description = "Only reports in this state."), NewestFirst),
    responses((status = 200, body = Vec<ReportSummary>)))]
pub async fn list_reports(
    request: HttpRequest,
    page: PageQuery,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let states = match parameter(&request, "status") {
        Some(status) => vec![parse_status(&status).map_err(Error::MalformedQuery)?],
        None => ReportStatus::ALL.to_vec(),
    };
    let mut reports = operations
        .pool
        .run(async |db| reports::list_reports(db, &states, &page).await)
        .await?;
    let next = page.cut(&mut reports, ReportSummary::cursor);
    answer_page(&request, &page, Direction::Before, next, &reports)
}

/// A report with its reporter, the notes and the copies of the activity and its parent. The audit has every call.
#[utoipa::path(get, path = "/admin/reports/{uuid}", tag = "admin", security(("admin" = [])),
    params(("uuid" = uuid::Uuid, Path)), responses((status = 200, body = Report)))]
pub async fn show_report(
    PathUuid(uuid): PathUuid,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let report = operations
        .pool
        .run(async |db| reports::find_report(db, uuid).await)
        .await?
        .ok_or(Code::ReportNotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(report))
}

/// Closes an open report.
#[utoipa::path(post, path = "/admin/reports/{uuid}/close", tag = "admin", security(("admin" = [])),
    params(("uuid" = uuid::Uuid, Path)),
    request_body = CloseReportBody, responses((status = 200, body = ReportSummary)))]
pub async fn close_report(
    PathUuid(uuid): PathUuid,
    OptionalJson(body): OptionalJson<CloseReportBody>,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let closing = Closing::parse(body.reason.as_deref(), body.note)?;
    let report = operations
        .pool
        .run(async |db| reports::close_report(db, uuid, &closing).await)
        .await?;
    Ok(HttpResponse::Ok().json(report))
}
