//! A database instance as RDS describes it. `operations::rds` judges it.

use chrono::{DateTime, Utc};
use serde::Serialize;

/// A database instance.
#[derive(Debug, Clone, Serialize)]
pub struct DbInstance {
    /// The name of the instance.
    pub identifier: String,
    /// The status: `available`, `creating`, `stopped`, …
    pub status: String,
    /// The instance class: `db.t4g.micro`, …
    pub class: String,
    /// The database engine: `postgres`.
    pub engine: String,
    /// The version of the engine: `17.6`, …
    pub engine_version: String,
    /// Whether RDS installs new minor versions of the engine by itself.
    pub minor_upgrades: bool,
    /// Whether the instance has a public address.
    pub publicly_accessible: bool,
    /// Whether the storage is encrypted.
    pub storage_encrypted: bool,
    /// The size of the storage in GiB.
    pub allocated_storage: i32,
    /// The size in GiB up to which RDS enlarges the storage by itself; null if it does not.
    pub max_allocated_storage: Option<i32>,
    /// The type of the storage: `gp3`, …
    pub storage_type: String,
    /// Whether RDS keeps a standby in another availability zone.
    pub multi_az: bool,
    /// The number of days that RDS keeps automatic backups; 0 without backups.
    pub backup_retention_days: i32,
    /// Whether RDS refuses to delete the instance.
    pub deletion_protection: bool,
    /// Whether users may sign in with IAM tokens.
    pub iam_authentication: bool,
    /// The certificate authority that signed the server's certificate: `rds-ca-rsa2048-g1`, …
    pub certificate_authority: Option<String>,
    /// The instant at which the server's certificate expires.
    pub certificate_end: Option<DateTime<Utc>>,
    /// The ARN of the secret with the password, if AWS Secrets Manager manages it.
    pub secret: Option<String>,
    /// The status of that secret: `creating`, `active`, `rotating` or `impaired`.
    pub secret_status: Option<String>,
    /// The connection URL, without a password; null until the instance has an address.
    pub connection_url: Option<String>,
}

impl From<&aws_sdk_rds::types::DbInstance> for DbInstance {
    fn from(found: &aws_sdk_rds::types::DbInstance) -> Self {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let secret = found.master_user_secret();
        let certificate = found.certificate_details();
        Self {
            identifier: text(found.db_instance_identifier()),
            status: text(found.db_instance_status()),
            class: text(found.db_instance_class()),
            engine: text(found.engine()),
            engine_version: text(found.engine_version()),
            minor_upgrades: found.auto_minor_version_upgrade().unwrap_or(false),
            publicly_accessible: found.publicly_accessible().unwrap_or(false),
            storage_encrypted: found.storage_encrypted().unwrap_or(false),
            allocated_storage: found.allocated_storage().unwrap_or(0),
            max_allocated_storage: found.max_allocated_storage(),
            storage_type: text(found.storage_type()),
            multi_az: found.multi_az().unwrap_or(false),
            backup_retention_days: found.backup_retention_period().unwrap_or(0),
            deletion_protection: found.deletion_protection().unwrap_or(false),
            iam_authentication: found.iam_database_authentication_enabled().unwrap_or(false),
            certificate_authority: found.ca_certificate_identifier().map(str::to_owned),
            certificate_end: certificate.and_then(|found| instant(found.valid_till()?)),
            secret: secret.and_then(|secret| secret.secret_arn().map(str::to_owned)),
            secret_status: secret.and_then(|secret| secret.secret_status().map(str::to_owned)),
            connection_url: connection_url(found),
        }
    }
}

/// An instant of AWS, in whole seconds.
pub(super) fn instant(found: &aws_sdk_rds::primitives::DateTime) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(found.secs(), 0)
}

fn connection_url(found: &aws_sdk_rds::types::DbInstance) -> Option<String> {
    let endpoint = found.endpoint()?;
    Some(format!(
        "postgresql://{}@{}:{}/{}",
        found.master_username().unwrap_or_default(),
        endpoint.address()?,
        endpoint.port()?,
        found.db_name().unwrap_or("postgres"),
    ))
}
