//! What operators did.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::Operations;
use crate::domain::PageQuery;
use crate::error::Result;
use crate::http::{Direction, NewestFirst, answer_page};
use crate::ops::audit::{self, AuditEntry};

/// Every call of `/admin`, newest first; failed sign-ins by address and minute.
#[utoipa::path(get, path = "/admin/audit", tag = "admin", security(("admin" = [])),
    params(NewestFirst),
    responses((status = 200, body = Vec<AuditEntry>)))]
pub async fn list_audit(
    request: HttpRequest,
    page: PageQuery,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let mut entries = audit::list(&operations.connector, &page).await?;
    let next = page.cut(&mut entries, AuditEntry::cursor);
    answer_page(&request, &page, Direction::Before, next, &entries)
}
