//! Database instances on Amazon RDS: the presets of a new instance, and waiting for a status. `aws::rds`
//! sends the requests.

pub mod cli;

use std::time::Duration;

use super::poll::Poll;

use crate::aws::{DbInstance, Instances, NewInstance};
use crate::error::{Error, Result};

/// The instance of a command without `--db-instance-identifier`.
pub const DEFAULT_IDENTIFIER: &str = "cruddur-db-instance";
/// How long to wait for a status. AWS takes five to twenty minutes to create an instance.
const TIMEOUT: Duration = Duration::from_secs(60 * 60);
const INTERVAL: Duration = Duration::from_secs(10);

/// The preset `safe`: private, encrypted, with backups and deletion protection.
pub fn safe() -> NewInstance {
    NewInstance {
        identifier: DEFAULT_IDENTIFIER.to_owned(),
        class: "db.t4g.micro".to_owned(),
        engine: "postgres".to_owned(),
        // With a major version only, AWS chooses its newest minor version.
        engine_version: "17".to_owned(),
        database: "cruddur".to_owned(),
        port: 5432,
        master_username: "cruddur".to_owned(),
        allocated_storage: 20,
        storage_type: "gp3".to_owned(),
        storage_encrypted: true,
        availability_zone: None,
        multi_az: false,
        publicly_accessible: false,
        backup_retention_period: 7,
        enable_performance_insights: true,
        performance_insights_retention_period: Some(7),
        deletion_protection: true,
        iam_authentication: true,
        vpc_security_group_ids: Vec::new(),
        subnet_group: None,
        parameter_group: None,
    }
}

/// The preset `week-4`, the instance of the bootcamp's fourth week: on the public internet, protected
/// by its security group only, without backups.
pub fn week_4() -> NewInstance {
    NewInstance {
        class: "db.t3.micro".to_owned(),
        engine_version: "14.6".to_owned(),
        master_username: "root".to_owned(),
        storage_type: "gp2".to_owned(),
        availability_zone: Some("us-east-1a".to_owned()),
        publicly_accessible: true,
        backup_retention_period: 0,
        deletion_protection: false,
        iam_authentication: false,
        ..safe()
    }
}

/// Returns when the instance has `status`. Calls `observe` with each state that AWS returns.
///
/// # Errors
/// A final status other than `status`; a timeout after an hour.
pub async fn wait_for(
    instances: &Instances,
    identifier: &str,
    status: &str,
    mut observe: impl FnMut(&DbInstance),
) -> Result<DbInstance> {
    let poll = Poll::every(INTERVAL, TIMEOUT);
    loop {
        let instance = instances.find(identifier).await?;
        observe(&instance);
        if instance.status == status {
            return Ok(instance);
        }
        let current = &instance.status;
        if is_final(current) {
            return Err(Error::operator(format!(
                "{identifier} is `{current}` and will not become `{status}`: see the events in the \
                 RDS console"
            )));
        }
        if !poll.wait().await {
            return Err(Error::operator(format!(
                "{identifier} is still `{current}` after an hour"
            )));
        }
    }
}

/// Whether an instance never leaves this status without an action of the operator.
fn is_final(status: &str) -> bool {
    matches!(
        status,
        "failed" | "deleting" | "restore-error" | "storage-full"
    ) || status.starts_with("incompatible-")
        || status.starts_with("inaccessible-")
}
