//! `GET` and `POST /admin/seeds`.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{DEMO, SeedReport, SeedStatus};
use crate::error::Result;
use crate::operations::context::Operations;
use crate::operations::optional_json::OptionalJson;

/// Which seed set to load.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LoadSeedsBody {
    /// The name of the seed set; default: `demo`.
    set: Option<String>,
    /// The database's name; required unless the database is stamped `development`.
    confirm: Option<String>,
}

/// The seed sets of the program, and which of them this database has loaded.
#[utoipa::path(get, path = "/admin/seeds", tag = "admin", security(("admin" = [])),
    responses((status = 200, body = Vec<SeedStatus>)))]
pub async fn list_seeds(operations: Data<Operations>) -> Result<HttpResponse> {
    let seeds = super::status(&operations.connector).await?;
    Ok(HttpResponse::Ok().json(seeds))
}

/// Loads a seed set. Guarded.
#[utoipa::path(post, path = "/admin/seeds", tag = "admin", security(("admin" = [])),
    request_body = LoadSeedsBody, responses((status = 200, body = SeedReport)))]
pub async fn load_seeds(
    OptionalJson(body): OptionalJson<LoadSeedsBody>,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let set = body.set.as_deref().unwrap_or(DEMO);
    let report = super::load(&operations.connector, set, body.confirm.as_deref()).await?;
    Ok(HttpResponse::Ok().json(report))
}
