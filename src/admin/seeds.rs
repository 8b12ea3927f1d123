//! Example data: which sets there are, and loading one.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Operations, Order};
use crate::error::Result;
use crate::ops::seeds::{self, Report, SeedStatus};

/// What to load.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LoadSeedsBody {
    /// `demo`, where nothing is said.
    set: Option<String>,
    /// The database's name, where it is not stamped `development`.
    confirm: Option<String>,
}

/// The sets of the program, and which of them were loaded.
#[utoipa::path(get, path = "/admin/seeds", tag = "admin", security(("admin" = [])),
    responses((status = 200, body = Vec<SeedStatus>)))]
pub async fn list_seeds(operations: Data<Operations>) -> Result<HttpResponse> {
    let seeds = seeds::status(&operations.connector).await?;
    Ok(HttpResponse::Ok().json(seeds))
}

/// Loads a set. Guarded.
#[utoipa::path(post, path = "/admin/seeds", tag = "admin", security(("admin" = [])),
    request_body = LoadSeedsBody, responses((status = 200, body = Report)))]
pub async fn load_seeds(
    Order(body): Order<LoadSeedsBody>,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let set = body.set.as_deref().unwrap_or(seeds::DEMO);
    let report = seeds::load(&operations.connector, set, body.confirm.as_deref()).await?;
    Ok(HttpResponse::Ok().json(report))
}
