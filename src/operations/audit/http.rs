//! `GET /admin/audit`.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::{AuditEntry, AuditFilter, list};
use crate::domain::PageQuery;
use crate::error::{Error, Result};
use crate::http::{Direction, NewestFirst, answer_page};
use crate::operations::context::Operations;
use crate::operations::query::parameter;

/// The calls of `/admin`, newest first. Failed sign-ins are counted by network and minute.
#[utoipa::path(get, path = "/admin/audit", tag = "admin", security(("admin" = [])),
    params(("who" = Option<String>, Query, description = "Only calls of this administrator: `token`, `command`, `cognito:…`."),
        ("method" = Option<String>, Query, description = "Only requests with this method."),
        ("path" = Option<String>, Query, description = "Only requests whose path begins so."),
        ("outcome" = Option<String>, Query, description = "`failed`: only responses of 400 and above; `succeeded`: only the others."),
        NewestFirst),
    responses((status = 200, body = Vec<AuditEntry>)))]
pub async fn list_audit(
    request: HttpRequest,
    page: PageQuery,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let filter = read_filter(&request)?;
    let mut entries = list(&operations.connector, &page, &filter).await?;
    let next = page.cut(&mut entries, AuditEntry::cursor);
    answer_page(&request, &page, Direction::Before, next, &entries)
}

fn read_filter(request: &HttpRequest) -> Result<AuditFilter> {
    // PostgreSQL has no text with NUL, so no entry has one.
    let text = |name| match parameter(request, name) {
        Some(text) if text.contains('\0') => {
            Err(Error::MalformedQuery(format!("{name} must not have NUL")))
        }
        text => Ok(text),
    };
    let failed = match parameter(request, "outcome").as_deref() {
        None => None,
        Some("failed") => Some(true),
        Some("succeeded") => Some(false),
        Some(_) => {
            let expected = "outcome must be failed or succeeded";
            return Err(Error::MalformedQuery(expected.to_owned()));
        }
    };
    Ok(AuditFilter {
        who: text("who")?,
        method: text("method")?,
        path: text("path")?,
        failed,
    })
}
