//! `GET` and `POST /admin/migrations`.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Expired, MigrationReport, Options};
use crate::error::Result;
use crate::operations::context::Operations;
use crate::operations::optional_json::OptionalJson;

/// Which migrations to apply.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ApplyMigrationsBody {
    /// Report the pending migrations and apply nothing.
    dry_run: bool,
    /// The last version to apply.
    target: Option<i32>,
    /// What to do with the prototype's expired activities; required if there are any.
    expired: Option<Expired>,
}

/// The applied and the pending migrations, with their checksums.
#[utoipa::path(get, path = "/admin/migrations", tag = "admin", security(("admin" = [])),
    responses((status = 200, body = MigrationReport)))]
pub async fn show_migrations(operations: Data<Operations>) -> Result<HttpResponse> {
    let report = super::status(&operations.connector).await?;
    Ok(HttpResponse::Ok().json(report))
}

/// Applies the pending migrations.
#[utoipa::path(post, path = "/admin/migrations", tag = "admin", security(("admin" = [])),
    request_body = ApplyMigrationsBody, responses((status = 200, body = MigrationReport)))]
pub async fn apply_migrations(
    OptionalJson(body): OptionalJson<ApplyMigrationsBody>,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let options = Options {
        environment: operations.environment,
        dry_run: body.dry_run,
        target: body.target,
        expired: body.expired,
    };
    let report = super::migrate(&operations.connector, &options).await?;
    operations.health.request_probe();
    Ok(HttpResponse::Ok().json(report))
}
