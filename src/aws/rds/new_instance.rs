//! The parameters of a new database instance. `operations::rds` chooses the values.

use secrecy::SecretString;
use serde::Serialize;

/// The parameters of `CreateDBInstance`, serialised under the names that AWS gives them.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct NewInstance {
    /// The name of the instance.
    #[serde(rename = "DBInstanceIdentifier")]
    pub identifier: String,
    /// The instance class: `db.t4g.micro`, …
    #[serde(rename = "DBInstanceClass")]
    pub class: String,
    /// The database engine: `postgres`.
    pub engine: String,
    /// The version of the engine: `17.6`, …
    pub engine_version: String,
    /// The name of the first database.
    #[serde(rename = "DBName")]
    pub database: String,
    /// The TCP port of PostgreSQL.
    pub port: u16,
    /// The name of the master user.
    pub master_username: String,
    /// The size of the storage in GiB.
    pub allocated_storage: i32,
    /// The storage type: `gp3`, …
    pub storage_type: String,
    /// Whether the storage is encrypted.
    pub storage_encrypted: bool,
    /// The availability zone; `None` lets AWS choose one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<String>,
    /// Whether RDS keeps a standby in another availability zone.
    #[serde(rename = "MultiAZ")]
    pub multi_az: bool,
    /// Whether the instance has a public address.
    pub publicly_accessible: bool,
    /// The number of days that RDS keeps automatic backups; 0 for no backups.
    pub backup_retention_period: i32,
    /// Whether RDS collects performance data.
    pub enable_performance_insights: bool,
    /// The number of days that RDS keeps performance data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub performance_insights_retention_period: Option<i32>,
    /// Whether RDS refuses to delete the instance.
    pub deletion_protection: bool,
    /// Whether users may sign in with IAM tokens.
    #[serde(rename = "EnableIAMDatabaseAuthentication")]
    pub iam_authentication: bool,
    /// The ids of the security groups; empty for the default group of the VPC.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vpc_security_group_ids: Vec<String>,
    /// The subnet group; `None` for the default one.
    #[serde(rename = "DBSubnetGroupName", skip_serializing_if = "Option::is_none")]
    pub subnet_group: Option<String>,
    /// The parameter group; `None` for the default one.
    #[serde(
        rename = "DBParameterGroupName",
        skip_serializing_if = "Option::is_none"
    )]
    pub parameter_group: Option<String>,
}

/// The password of the master user.
#[derive(Debug, Clone)]
pub enum Password {
    /// Chosen by the operator.
    Given(SecretString),
    /// Created, stored and rotated by AWS Secrets Manager.
    Managed,
}

impl NewInstance {
    /// The request as JSON, without the password.
    pub fn request(&self, password: &Password) -> serde_json::Value {
        let mut request = serde_json::json!(self);
        match password {
            Password::Given(_) => request["MasterUserPassword"] = "[not shown]".into(),
            Password::Managed => request["ManageMasterUserPassword"] = true.into(),
        }
        request
    }
}
