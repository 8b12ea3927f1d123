//! `POST /admin/database/{create,drop,setup}`: all three work under the running server.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{CreateReport, DatabaseTarget, DropReport, SetupOptions, SetupReport};
use crate::error::Result;
use crate::operations::context::Operations;
use crate::operations::optional_json::OptionalJson;

/// The confirmation that the guard requires.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConfirmBody {
    /// The database's name; required unless the database is stamped `development`.
    confirm: Option<String>,
}

/// An object without keys.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CreateDatabaseBody {}

fn target(operations: &Operations) -> DatabaseTarget<'_> {
    DatabaseTarget::for_server(&operations.connector, &operations.pool, &operations.health)
}

/// Creates the database; does nothing if it exists.
#[utoipa::path(post, path = "/admin/database/create", tag = "admin", security(("admin" = [])),
    request_body = CreateDatabaseBody, responses((status = 200, body = CreateReport)))]
pub async fn create_database(
    _: OptionalJson<CreateDatabaseBody>,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let report = super::create(&target(&operations)).await?;
    Ok(HttpResponse::Ok().json(report))
}

/// Drops the database and terminates the sessions connected to it. Guarded.
#[utoipa::path(post, path = "/admin/database/drop", tag = "admin", security(("admin" = [])),
    request_body = ConfirmBody, responses((status = 200, body = DropReport)))]
pub async fn drop_database(
    OptionalJson(body): OptionalJson<ConfirmBody>,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let report = super::drop(&target(&operations), body.confirm.as_deref()).await?;
    Ok(HttpResponse::Ok().json(report))
}

/// Drops, creates, migrates and seeds the database; stops at the first failure. Guarded.
#[utoipa::path(post, path = "/admin/database/setup", tag = "admin", security(("admin" = [])),
    request_body = ConfirmBody, responses((status = 200, body = SetupReport)))]
pub async fn set_up_database(
    OptionalJson(body): OptionalJson<ConfirmBody>,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let options = SetupOptions {
        environment: operations.environment,
        confirm: body.confirm.as_deref(),
    };
    let step = |step| tracing::info!(step, "setting up the database");
    let report = super::setup(&target(&operations), &options, step).await?;
    Ok(HttpResponse::Ok().json(report))
}
