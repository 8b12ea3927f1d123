//! `GET /admin/security-group`, `POST /admin/security-group/sync` and `/grant`.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{SecurityGroup, SecurityGroupChange, SecurityGroupStatus, not_configured};
use crate::error::Result;
use crate::operations::context::Operations;
use crate::operations::optional_json::OptionalJson;

/// How to bring the rule of `DB_SG_RULE_ID` in step.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SyncSecurityGroupBody {
    /// Report the change that would be made, and whether AWS permits it.
    dry_run: bool,
}

/// How to make or renew this workspace's own rule.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GrantSecurityGroupBody {
    /// Report what would be done, and whether AWS permits it.
    dry_run: bool,
}

/// The rule, this machine's public address, whether they agree, and what else reaches the database's port.
#[utoipa::path(get, path = "/admin/security-group", tag = "admin", security(("admin" = [])),
    responses((status = 200, body = SecurityGroupStatus)))]
pub async fn show_security_group(operations: Data<Operations>) -> Result<HttpResponse> {
    let status = configured(&operations)?.status().await;
    Ok(HttpResponse::Ok().json(status))
}

/// Changes the rule of `DB_SG_RULE_ID` so that it admits this machine's public address and no other.
#[utoipa::path(post, path = "/admin/security-group/sync", tag = "admin", security(("admin" = [])),
    request_body = SyncSecurityGroupBody, responses((status = 200, body = SecurityGroupChange)))]
pub async fn sync_security_group(
    OptionalJson(body): OptionalJson<SyncSecurityGroupBody>,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let change = match (configured(&operations)?, body.dry_run) {
        (group, true) => group.rehearse_sync().await?,
        (group, false) => group.sync().await?,
    };
    Ok(HttpResponse::Ok().json(change))
}

/// Makes this workspace's own rule or repairs it, renews its lease, and deletes the rules of others whose lease has ended.
#[utoipa::path(post, path = "/admin/security-group/grant", tag = "admin", security(("admin" = [])),
    request_body = GrantSecurityGroupBody, responses((status = 200, body = SecurityGroupChange)))]
pub async fn grant_security_group(
    OptionalJson(body): OptionalJson<GrantSecurityGroupBody>,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let change = match (configured(&operations)?, body.dry_run) {
        (group, true) => group.rehearse_grant().await?,
        (group, false) => group.grant().await?,
    };
    Ok(HttpResponse::Ok().json(change))
}

fn configured(operations: &Operations) -> Result<&SecurityGroup> {
    operations
        .security_group
        .as_deref()
        .ok_or_else(not_configured)
}
