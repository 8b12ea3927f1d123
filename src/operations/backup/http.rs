//! `POST /admin/database/backup` and `POST /admin/database/restore`. Neither is a GET: a backup has everything that users
//! wrote, which a read-only operator must not download.

use actix_web::http::header::{self, ContentEncoding};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;

use super::download::Download;
use super::{remote, upload};
use crate::error::Result;
use crate::operations::context::Operations;
use crate::operations::database;
use crate::operations::query::parameter;

/// The content type of newline-delimited JSON.
const NDJSON: &str = "application/x-ndjson";

/// Sends a backup of the database, an archive of `pg_dump` that `restore` and `pg_restore` read. A connection that is cut
/// before the end of the response means that the backup is incomplete.
#[utoipa::path(post, path = "/admin/database/backup", tag = "admin", security(("admin" = [])),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub async fn back_up_database(operations: Data<Operations>) -> Result<HttpResponse> {
    let Operations {
        database,
        connector,
        archives,
        ..
    } = operations.get_ref();
    let download = Download::begin(database, connector, archives.permit()?).await?;
    let name = format!(
        "attachment; filename=\"cruddur-{}.dump\"",
        Utc::now().format("%Y-%m-%dT%H%M%SZ")
    );
    Ok(HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((header::CONTENT_DISPOSITION, name))
        // An archive is compressed already.
        .insert_header(ContentEncoding::Identity)
        .streaming(download.into_stream()))
}

/// Replaces the database by the archive of `pg_dump` in the body. Guarded. Once the archive has arrived, the response has a
/// line of JSON for each step of the work: `{"step": …}`, `{"done": …, "total": …}`, and at last `{"report": …}` or
/// `{"failure": …}`. A failure leaves the database as it was.
#[utoipa::path(post, path = "/admin/database/restore", tag = "admin", security(("admin" = [])),
    params(("confirm" = Option<String>, Query,
        description = "The database's name; required unless the database is stamped `development`.")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = String, content_type = "application/x-ndjson")))]
pub async fn restore_database(
    request: HttpRequest,
    body: Payload,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let confirm = parameter(&request, "confirm");
    // Before the archive is sent.
    database::permit(&operations.connector, "restore", confirm.as_deref()).await?;
    let permit = operations.archives.permit()?;
    let archive = upload::receive(body).await?;
    let lines = remote::restore(operations.into_inner(), archive, confirm, permit);
    Ok(HttpResponse::Ok()
        .content_type(NDJSON)
        .insert_header(ContentEncoding::Identity)
        .streaming(lines))
}
