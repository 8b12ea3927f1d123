//! Databases on Amazon RDS: what a new one is to be, and waiting until it is. Sending the requests
//! is `aws::rds`'s.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::aws::{DbInstance, Instances, NewInstance};
use crate::error::{Error, Result};

/// The instance that a command means which names none.
pub const DEFAULT_IDENTIFIER: &str = "cruddur-db-instance";
/// Making one takes AWS five to twenty minutes.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// The safe one: out of the public's reach, encrypted, with backups, not deleted by accident.
pub fn safe() -> NewInstance {
    NewInstance {
        identifier: DEFAULT_IDENTIFIER.to_owned(),
        class: "db.t4g.micro".to_owned(),
        engine: "postgres".to_owned(),
        // A major version alone: AWS takes its newest minor one.
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

/// That of the bootcamp's fourth week, for those who follow it: on the public internet, behind a
/// security group alone, without backups.
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

/// Looks until the instance has `status`, and tells every look.
///
/// # Errors
/// A status that no waiting mends; an hour gone by.
pub async fn wait_for(
    instances: &Instances,
    identifier: &str,
    status: &str,
    interval: Duration,
    mut tell: impl FnMut(&DbInstance),
) -> Result<DbInstance> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = instances.find(identifier).await?;
        tell(&found);
        if found.status == status {
            return Ok(found);
        }
        if is_final(&found.status) {
            return Err(Error::operator(format!(
                "{identifier} is `{}`, and will not be `{status}`: see the events in the RDS console",
                found.status
            )));
        }
        if Instant::now() > deadline {
            return Err(Error::operator(format!(
                "{identifier} is still `{}` after an hour",
                found.status
            )));
        }
        sleep(interval).await;
    }
}

fn is_final(status: &str) -> bool {
    matches!(
        status,
        "failed" | "deleting" | "restore-error" | "storage-full"
    ) || status.starts_with("incompatible-")
        || status.starts_with("inaccessible-")
}
