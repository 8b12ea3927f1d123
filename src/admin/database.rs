//! The database itself: made, dropped, or made anew under the running server.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Operations, Order};
use crate::error::Result;
use crate::ops::database::{self, CreateReport, DropReport, Place, SetupOptions, SetupReport};

/// What a guard asks for.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConfirmBody {
    /// The database's name, where it is not stamped `development`.
    confirm: Option<String>,
}

/// Nothing to say.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CreateDatabaseBody {}

impl Operations {
    fn place(&self) -> Place<'_> {
        Place::of_server(&self.connector, &self.pool, &self.health)
    }
}

/// Makes the database; one that is there is left alone.
#[utoipa::path(post, path = "/admin/database/create", tag = "admin", security(("admin" = [])),
    request_body = CreateDatabaseBody, responses((status = 200, body = CreateReport)))]
pub async fn create_database(
    _: Order<CreateDatabaseBody>,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let report = database::create(&operations.place()).await?;
    Ok(HttpResponse::Ok().json(report))
}

/// Drops the database, whoever is connected to it. Guarded.
#[utoipa::path(post, path = "/admin/database/drop", tag = "admin", security(("admin" = [])),
    request_body = ConfirmBody, responses((status = 200, body = DropReport)))]
pub async fn drop_database(
    Order(body): Order<ConfirmBody>,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let report = database::drop(&operations.place(), body.confirm.as_deref()).await?;
    Ok(HttpResponse::Ok().json(report))
}

/// Drops, creates, migrates and seeds; stops at the first failure. Guarded.
#[utoipa::path(post, path = "/admin/database/setup", tag = "admin", security(("admin" = [])),
    request_body = ConfirmBody, responses((status = 200, body = SetupReport)))]
pub async fn set_up_database(
    Order(body): Order<ConfirmBody>,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let options = SetupOptions {
        environment: operations.environment,
        confirm: body.confirm.as_deref(),
    };
    let step = |step| tracing::info!(step, "setting up the database");
    let report = database::setup(&operations.place(), &options, step).await?;
    Ok(HttpResponse::Ok().json(report))
}
