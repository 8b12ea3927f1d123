//! Creates, describes, starts and stops database instances. `operations::rds` decides the values of a new one.

mod new_instance;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_rds::Client;
use aws_sdk_rds::error::{ProvideErrorMetadata, SdkError};
use secrecy::ExposeSecret;
use serde::Serialize;

use super::error::{Action, code, explain};
use crate::error::{Error, Result};
pub use new_instance::{NewInstance, Password};

/// The time-out of one attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);

/// A database instance, as RDS describes it.
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
    /// Whether the instance has a public address.
    pub publicly_accessible: bool,
    /// Whether the storage is encrypted.
    pub storage_encrypted: bool,
    /// Whether RDS keeps a standby in another availability zone.
    pub multi_az: bool,
    /// The number of days that RDS keeps automatic backups; 0 without backups.
    pub backup_retention_days: i32,
    /// Whether RDS refuses to delete the instance.
    pub deletion_protection: bool,
    /// Whether users may sign in with IAM tokens.
    pub iam_authentication: bool,
    /// The ARN of the secret with the password, if AWS Secrets Manager manages it.
    pub secret: Option<String>,
    /// The connection URL, without a password; null until the instance has an address.
    pub connection_url: Option<String>,
}

/// The database instances of one region.
pub struct Instances {
    client: Client,
    region: String,
}

impl Instances {
    /// Makes a client with this configuration, but a longer time-out.
    pub fn new(config: &SdkConfig) -> Self {
        let patient = TimeoutConfig::builder()
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .build();
        let client = aws_sdk_rds::config::Builder::from(config).timeout_config(patient);
        Self {
            client: Client::from_conf(client.build()),
            region: config.region().map(ToString::to_string).unwrap_or_default(),
        }
    }

    /// Creates an instance, which takes minutes to become available.
    ///
    /// # Errors
    /// The version is not offered or the identifier is taken; AWS refuses or does not answer.
    pub async fn create(&self, new: &NewInstance, password: &Password) -> Result<DbInstance> {
        let request = self
            .client
            .create_db_instance()
            .db_instance_identifier(&new.identifier)
            .db_instance_class(&new.class)
            .engine(&new.engine)
            .engine_version(&new.engine_version)
            .db_name(&new.database)
            .port(i32::from(new.port))
            .master_username(&new.master_username)
            .allocated_storage(new.allocated_storage)
            .storage_type(&new.storage_type)
            .storage_encrypted(new.storage_encrypted)
            .set_availability_zone(new.availability_zone.clone())
            .multi_az(new.multi_az)
            .publicly_accessible(new.publicly_accessible)
            .backup_retention_period(new.backup_retention_period)
            .enable_performance_insights(new.enable_performance_insights)
            .set_performance_insights_retention_period(new.performance_insights_retention_period)
            .deletion_protection(new.deletion_protection)
            .enable_iam_database_authentication(new.iam_authentication)
            .set_db_subnet_group_name(new.subnet_group.clone())
            .set_db_parameter_group_name(new.parameter_group.clone());
        let groups = new.vpc_security_group_ids.clone();
        let request = request.set_vpc_security_group_ids(Some(groups).filter(|g| !g.is_empty()));
        let request = match password {
            Password::Given(secret) => request.master_user_password(secret.expose_secret()),
            Password::Managed => request.manage_master_user_password(true),
        };
        match request.send().await {
            Ok(created) => created
                .db_instance()
                .map(DbInstance::from)
                .ok_or_else(|| unreadable("rds:CreateDBInstance")),
            Err(error) if is_about_the_version(&error) => Err(Error::Operator(
                format!(
                    "AWS does not offer {} {}: choose another version with --engine-version",
                    new.engine, new.engine_version
                ),
                Some(error.into()),
            )),
            Err(error) => Err(self.explain("rds:CreateDBInstance", &new.identifier, error)),
        }
    }

    /// The instance with this identifier.
    ///
    /// # Errors
    /// It does not exist; AWS refuses or does not answer.
    pub async fn find(&self, identifier: &str) -> Result<DbInstance> {
        let request = self.client.describe_db_instances();
        match request.db_instance_identifier(identifier).send().await {
            Ok(found) => found
                .db_instances()
                .first()
                .map(DbInstance::from)
                .ok_or_else(|| unreadable("rds:DescribeDBInstances")),
            Err(error) => Err(self.explain("rds:DescribeDBInstances", identifier, error)),
        }
    }

    /// Starts the instance, which takes minutes to become available.
    ///
    /// # Errors
    /// It is not stopped; AWS refuses or does not answer.
    pub async fn start(&self, identifier: &str) -> Result<()> {
        let request = self.client.start_db_instance();
        match request.db_instance_identifier(identifier).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.explain("rds:StartDBInstance", identifier, error)),
        }
    }

    /// Stops the instance, which takes minutes.
    ///
    /// # Errors
    /// It is not available; AWS refuses or does not answer.
    pub async fn stop(&self, identifier: &str) -> Result<()> {
        let request = self.client.stop_db_instance();
        match request.db_instance_identifier(identifier).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.explain("rds:StopDBInstance", identifier, error)),
        }
    }

    fn explain<E, R>(&self, action: &'static str, identifier: &str, error: SdkError<E, R>) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        let refusal = code(&error).unwrap_or_default();
        let advice = if refusal.starts_with("DBInstanceNotFound") {
            format!(
                "the database instance {identifier} does not exist in {}",
                self.region
            )
        } else if refusal.starts_with("DBInstanceAlreadyExists") {
            format!(
                "the database instance {identifier} exists already: choose another name with --db-instance-identifier"
            )
        } else if refusal.starts_with("InvalidDBInstanceState") {
            format!(
                "the database instance {identifier} is in a state that does not permit this: see `cruddur rds status`"
            )
        } else {
            let resource = format!("db:{identifier}");
            return explain(&Action::on(action, &self.region, &[resource]), error);
        };
        Error::Operator(advice, Some(error.into()))
    }
}

fn is_about_the_version<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    let message = error
        .as_service_error()
        .and_then(|refusal| refusal.message());
    code(error).is_some_and(|code| code.starts_with("InvalidParameter"))
        && message.is_some_and(|message| message.contains("version"))
}

fn unreadable(action: &'static str) -> Error {
    Error::operator(format!("AWS answered {action} without an instance"))
}

impl From<&aws_sdk_rds::types::DbInstance> for DbInstance {
    fn from(found: &aws_sdk_rds::types::DbInstance) -> Self {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let secret = found.master_user_secret();
        Self {
            identifier: text(found.db_instance_identifier()),
            status: text(found.db_instance_status()),
            class: text(found.db_instance_class()),
            engine: text(found.engine()),
            engine_version: text(found.engine_version()),
            publicly_accessible: found.publicly_accessible().unwrap_or(false),
            storage_encrypted: found.storage_encrypted().unwrap_or(false),
            multi_az: found.multi_az().unwrap_or(false),
            backup_retention_days: found.backup_retention_period().unwrap_or(0),
            deletion_protection: found.deletion_protection().unwrap_or(false),
            iam_authentication: found.iam_database_authentication_enabled().unwrap_or(false),
            secret: secret.and_then(|secret| secret.secret_arn().map(str::to_owned)),
            connection_url: connection_url(found),
        }
    }
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
