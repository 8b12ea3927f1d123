//! The security-group rule: how it is, and bringing it in step.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Operations, Order};
use crate::error::{Error, Result};
use crate::ops::security_group::{Change, SecurityGroup, Status};

/// How to bring the rule in step.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SyncSecurityGroupBody {
    /// Only say what would be changed, and whether AWS would allow it.
    dry_run: bool,
}

/// The rule, this machine's public address, and whether they agree.
#[utoipa::path(get, path = "/admin/security-group", tag = "admin", security(("admin" = [])),
    responses((status = 200, body = Status)))]
pub async fn show_security_group(operations: Data<Operations>) -> Result<HttpResponse> {
    let status = configured(&operations)?.status().await;
    Ok(HttpResponse::Ok().json(status))
}

/// Lets this machine in, and nobody else.
#[utoipa::path(post, path = "/admin/security-group/sync", tag = "admin", security(("admin" = [])),
    request_body = SyncSecurityGroupBody, responses((status = 200, body = Change)))]
pub async fn sync_security_group(
    Order(body): Order<SyncSecurityGroupBody>,
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
    operations.security_group.as_deref().ok_or_else(|| {
        Error::operator("no security-group rule is configured: set DB_SG_ID and DB_SG_RULE_ID")
    })
}
