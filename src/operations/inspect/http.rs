//! `GET /admin/inspect`.

use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use tokio_postgres::Client;

use super::{InspectReport, LONG_TRANSACTION, Options, UNUSED_AFTER};
use crate::error::{Error, Result};
use crate::operations::context::Operations;
use crate::operations::query::parameter;
use crate::operations::sessions::parse_age;

/// How long the report may take; less than the deadline of a request.
const LIMIT: Duration = Duration::from_millis(2_500);

/// The state of the database server: what is slow, blocked, bloated, unused or near a limit, each with a verdict and a
/// command as its remedy. It has no literal of any statement, and reading it changes nothing.
#[utoipa::path(get, path = "/admin/inspect", tag = "admin", security(("admin" = [])),
    params(("long_transaction" = Option<String>, Query,
        description = "From this age on, a transaction is long: `60s` (the default), `5m`, …"),
        ("unused_after" = Option<String>, Query,
        description = "From this age of the statistics on, an index without a scan is unused: `7d` (the default), …")),
    responses((status = 200, body = InspectReport)))]
pub async fn inspect_database(
    request: HttpRequest,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let age = |name, default| match parameter(&request, name) {
        None => Ok(default),
        Some(age) => parse_age(&age).map_err(Error::MalformedQuery),
    };
    let options = Options {
        long_transaction: age("long_transaction", LONG_TRANSACTION)?,
        unused_after: age("unused_after", UNUSED_AFTER)?,
        is_prod: false,
    };
    let examine = async |client: &Client| super::examine(client, &options).await;
    let report = operations.sessions.run(LIMIT, examine).await?;
    Ok(HttpResponse::Ok().json(report))
}
