//! The presets of a new instance.

use crate::aws::NewInstance;

/// The instance of a command without `--db-instance-identifier`.
pub const DEFAULT_IDENTIFIER: &str = "cruddur-db-instance";

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
