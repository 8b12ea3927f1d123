//! `GET /admin/audit`.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::{AuditEntry, list};
use crate::domain::PageQuery;
use crate::error::Result;
use crate::http::{Direction, NewestFirst, answer_page};
use crate::operations::context::Operations;

/// The calls of `/admin`, newest first. Failed sign-ins are counted by network and minute.
#[utoipa::path(get, path = "/admin/audit", tag = "admin", security(("admin" = [])),
    params(NewestFirst),
    responses((status = 200, body = Vec<AuditEntry>)))]
pub async fn list_audit(
    request: HttpRequest,
    page: PageQuery,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let mut entries = list(&operations.connector, &page).await?;
    let next = page.cut(&mut entries, AuditEntry::cursor);
    answer_page(&request, &page, Direction::Before, next, &entries)
}
