//! `GET /admin/security-group` and `POST /admin/security-group/sync`.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{SecurityGroup, SecurityGroupChange, SecurityGroupStatus, not_configured};
use crate::error::Result;
use crate::operations::context::Operations;
use crate::operations::optional_json::OptionalJson;

/// How to synchronise the rule.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SyncSecurityGroupBody {
    /// Report the change that would be made, and whether AWS permits it.
    dry_run: bool,
}

/// The rule, this machine's public address, and whether they agree.
#[utoipa::path(get, path = "/admin/security-group", tag = "admin", security(("admin" = [])),
    responses((status = 200, body = SecurityGroupStatus)))]
pub async fn show_security_group(operations: Data<Operations>) -> Result<HttpResponse> {
    let status = configured(&operations)?.status().await;
    Ok(HttpResponse::Ok().json(status))
}

/// Admits this machine's public address and no other.
#[utoipa::path(post, path = "/admin/security-group/sync", tag = "admin", security(("admin" = [])),
    request_body = SyncSecurityGroupBody, responses((status = 200, body = SecurityGroupChange)))]
pub async fn sync_security_group(
    OptionalJson(body): OptionalJson<SyncSecurityGroupBody>,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let group = configured(&operations)?;
    let change = match body.dry_run {
        true => group.rehearse().await?,
        false => group.sync().await?,
    };
    Ok(HttpResponse::Ok().json(change))
}

fn configured(operations: &Operations) -> Result<&SecurityGroup> {
    operations
        .security_group
        .as_deref()
        .ok_or_else(not_configured)
}
