//! The schema: which migrations are applied, and applying them.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Operations, Order};
use crate::error::Result;
use crate::ops::migrations::{self, Expired, MigrationReport, Options};

/// What to apply.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ApplyMigrationsBody {
    /// Only say what is pending.
    dry_run: bool,
    /// The last version to apply.
    target: Option<i32>,
    /// What to do with the prototype's expired activities, where there are any.
    expired: Option<Expired>,
}

/// Applied and pending migrations with their checksums.
#[utoipa::path(get, path = "/admin/migrations", tag = "admin", security(("admin" = [])),
    responses((status = 200, body = MigrationReport)))]
pub async fn show_migrations(operations: Data<Operations>) -> Result<HttpResponse> {
    let report = migrations::status(&operations.connector).await?;
    Ok(HttpResponse::Ok().json(report))
}

/// Applies what is pending.
#[utoipa::path(post, path = "/admin/migrations", tag = "admin", security(("admin" = [])),
    request_body = ApplyMigrationsBody, responses((status = 200, body = MigrationReport)))]
pub async fn apply_migrations(
    Order(body): Order<ApplyMigrationsBody>,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let options = Options {
        environment: operations.environment,
        dry_run: body.dry_run,
        target: body.target,
        expired: body.expired,
    };
    let report = migrations::migrate(&operations.connector, &options).await?;
    operations.health.look_again();
    Ok(HttpResponse::Ok().json(report))
}
