//! Creates, describes, starts, stops and deletes database instances, and lets AWS manage their passwords.
//! `operations::rds` decides the values of a new one, and what may be deleted.

mod instance;
mod new_instance;
mod offers;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_rds::Client;
use aws_sdk_rds::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_rds::operation::modify_db_instance::builders::ModifyDBInstanceFluentBuilder;
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;

use super::error::{Action, code, explain};
use crate::error::{Error, Result};
pub use instance::DbInstance;
pub use new_instance::{NewInstance, Password};
pub use offers::Offer;

/// The time-out of one attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);

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

    /// The instance with this identifier; `None` if it does not exist.
    ///
    /// # Errors
    /// AWS refuses or does not answer.
    pub async fn find(&self, identifier: &str) -> Result<Option<DbInstance>> {
        let request = self.client.describe_db_instances();
        match request.db_instance_identifier(identifier).send().await {
            Ok(found) => Ok(found.db_instances().first().map(DbInstance::from)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(self.explain("rds:DescribeDBInstances", identifier, error)),
        }
    }

    /// The error of a command that names an instance that does not exist.
    pub fn missing(&self, identifier: &str) -> Error {
        Error::operator(format!(
            "the database instance {identifier} does not exist in {}",
            self.region
        ))
    }

    /// The instant at which a certificate authority of RDS expires; `None` if it does not exist.
    ///
    /// # Errors
    /// AWS refuses or does not answer.
    pub async fn find_authority_end(&self, authority: &str) -> Result<Option<DateTime<Utc>>> {
        let request = self.client.describe_certificates();
        match request.certificate_identifier(authority).send().await {
            Ok(found) => Ok(found
                .certificates()
                .first()
                .and_then(|certificate| instance::instant(certificate.valid_till()?))),
            Err(error) => {
                let action = Action::on_anything("rds:DescribeCertificates");
                Err(explain(&action, error))
            }
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

    /// Deletes the instance, which takes minutes. With a name, RDS takes a snapshot first and keeps it.
    ///
    /// # Errors
    /// It is protected; its state does not permit it; AWS refuses or does not answer.
    pub async fn delete(
        &self,
        identifier: &str,
        final_snapshot: Option<&str>,
    ) -> Result<DbInstance> {
        let request = self
            .client
            .delete_db_instance()
            .db_instance_identifier(identifier)
            .skip_final_snapshot(final_snapshot.is_none())
            .set_final_db_snapshot_identifier(final_snapshot.map(str::to_owned));
        match request.send().await {
            Ok(deleted) => deleted
                .db_instance()
                .map(DbInstance::from)
                .ok_or_else(|| unreadable("rds:DeleteDBInstance")),
            Err(error) => Err(self.explain("rds:DeleteDBInstance", identifier, error)),
        }
    }

    /// Lets AWS Secrets Manager generate, store and rotate the master user's password from now on.
    ///
    /// # Errors
    /// Its state does not permit it; AWS refuses or does not answer.
    pub async fn manage_password(&self, identifier: &str) -> Result<DbInstance> {
        let request = self.client.modify_db_instance();
        self.modify(identifier, request.manage_master_user_password(true))
            .await
    }

    /// Generates a new password in the secret that AWS manages.
    ///
    /// # Errors
    /// AWS does not manage the password; its state does not permit it; AWS refuses or does not answer.
    pub async fn rotate_password(&self, identifier: &str) -> Result<DbInstance> {
        let request = self.client.modify_db_instance();
        self.modify(identifier, request.rotate_master_user_password(true))
            .await
    }

    async fn modify(
        &self,
        identifier: &str,
        request: ModifyDBInstanceFluentBuilder,
    ) -> Result<DbInstance> {
        let request = request
            .db_instance_identifier(identifier)
            .apply_immediately(true);
        match request.send().await {
            Ok(modified) => modified
                .db_instance()
                .map(DbInstance::from)
                .ok_or_else(|| unreadable("rds:ModifyDBInstance")),
            Err(error) => Err(self.explain("rds:ModifyDBInstance", identifier, error)),
        }
    }

    fn explain<E, R>(&self, action: &'static str, identifier: &str, error: SdkError<E, R>) -> Error
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        let refusal = code(&error).unwrap_or_default();
        let advice = if is_missing(&error) {
            return self.missing(identifier);
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

fn is_missing<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    code(error).is_some_and(|code| code.starts_with("DBInstanceNotFound"))
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
