//! The flags of `cruddur rds create`: those of `aws rds create-db-instance`, and a preset with the values
//! of the flags that are not given.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{ArgAction, Args, ValueEnum};
use secrecy::SecretString;

use super::WaitArguments;
use crate::aws::{NewInstance, Password};
use crate::error::{Error, Result};
use crate::operations::rds::{Origin, Origins, safe, week_4};

/// The values of the flags that are not given.
#[derive(Clone, Copy, ValueEnum)]
enum Preset {
    /// Private, with backups and deletion protection.
    Safe,
    /// The instance of the bootcamp's fourth week: public and without backups.
    #[value(name = "week-4")]
    Week4,
}

/// Create a database instance: private, encrypted, with backups.
#[derive(Args)]
pub struct CreateArguments {
    #[command(flatten)]
    pub(super) wait: WaitArguments,
    /// The values of the flags that are not given.
    #[arg(long, value_enum, default_value = "safe")]
    preset: Preset,
    /// Print the request and send nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// The file that contains the password; `-` for standard input.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "manage_master_user_password"
    )]
    master_user_password_file: Option<PathBuf>,
    /// Let AWS Secrets Manager generate and store the password [default].
    #[arg(long)]
    manage_master_user_password: bool,
    /// The instance class, such as db.t4g.micro.
    #[arg(long)]
    db_instance_class: Option<String>,
    /// The database engine.
    #[arg(long)]
    engine: Option<String>,
    /// The version of the engine; with a major version, AWS chooses the minor version.
    #[arg(long)]
    engine_version: Option<String>,
    /// The name of the master user.
    #[arg(long)]
    master_username: Option<String>,
    /// The size of the storage in GiB.
    #[arg(long)]
    allocated_storage: Option<i32>,
    /// The type of the storage, such as gp3.
    #[arg(long)]
    storage_type: Option<String>,
    /// The availability zone of the instance.
    #[arg(long)]
    availability_zone: Option<String>,
    /// The number of days that AWS keeps backups; 0 for no backups.
    #[arg(long)]
    backup_retention_period: Option<i32>,
    // This flag replaces the global flag `--port` of the setting PORT, whose id and type it must have.
    /// The port of the database.
    #[arg(long = "port", id = "PORT", value_parser = clap::value_parser!(String))]
    instance_port: Option<String>,
    /// The name of the database.
    #[arg(long)]
    db_name: Option<String>,
    /// The number of days that AWS keeps the data of Performance Insights.
    #[arg(long)]
    performance_insights_retention_period: Option<i32>,
    /// The ids of the security groups of the instance.
    #[arg(long, value_name = "SG", num_args = 1..)]
    vpc_security_group_ids: Vec<String>,
    /// The subnet group of the instance.
    #[arg(long)]
    db_subnet_group_name: Option<String>,
    /// The parameter group of the instance.
    #[arg(long)]
    db_parameter_group_name: Option<String>,
    #[command(flatten)]
    switches: Switches,
}

macro_rules! switches {
    ($($yes:ident $no:ident;)+) => {
        /// Pairs such as `--multi-az` and `--no-multi-az`: the last one given counts.
        #[derive(Args)]
        struct Switches {
            $(
                #[arg(long, overrides_with = stringify!($no), action = ArgAction::SetTrue)]
                $yes: bool,
                #[arg(long, overrides_with = stringify!($yes), action = ArgAction::SetTrue)]
                $no: bool,
            )+
        }

        impl Switches {
            $(
                fn $yes(&self, default: bool) -> bool {
                    self.$yes || default && !self.$no
                }
            )+
        }
    };
}

switches! {
    multi_az no_multi_az;
    publicly_accessible no_publicly_accessible;
    storage_encrypted no_storage_encrypted;
    enable_performance_insights no_enable_performance_insights;
    deletion_protection no_deletion_protection;
    enable_iam_database_authentication no_enable_iam_database_authentication;
}

impl CreateArguments {
    /// The instance to create.
    ///
    /// # Errors
    /// A `--port` that is not a number from 1 to 65535.
    pub(super) fn instance(&self) -> Result<NewInstance> {
        let default = match self.preset {
            Preset::Safe => safe(),
            Preset::Week4 => week_4(),
        };
        let text = |given: &Option<String>, default: String| given.clone().unwrap_or(default);
        let switches = &self.switches;
        let insights = switches.enable_performance_insights(default.enable_performance_insights);
        let port = match self.instance_port.as_deref().map(str::parse) {
            None => default.port,
            Some(Ok(port)) => port,
            Some(Err(_)) => return Err(Error::operator("--port must be a number from 1 to 65535")),
        };
        Ok(NewInstance {
            identifier: self.wait.instance.db_instance_identifier.clone(),
            class: text(&self.db_instance_class, default.class),
            engine: text(&self.engine, default.engine),
            engine_version: text(&self.engine_version, default.engine_version),
            database: text(&self.db_name, default.database),
            port,
            master_username: text(&self.master_username, default.master_username),
            allocated_storage: self.allocated_storage.unwrap_or(default.allocated_storage),
            storage_type: text(&self.storage_type, default.storage_type),
            storage_encrypted: switches.storage_encrypted(default.storage_encrypted),
            availability_zone: self.availability_zone.clone().or(default.availability_zone),
            multi_az: switches.multi_az(default.multi_az),
            publicly_accessible: switches.publicly_accessible(default.publicly_accessible),
            backup_retention_period: self
                .backup_retention_period
                .unwrap_or(default.backup_retention_period),
            enable_performance_insights: insights,
            performance_insights_retention_period: self
                .performance_insights_retention_period
                .or(default.performance_insights_retention_period)
                .filter(|_| insights),
            deletion_protection: switches.deletion_protection(default.deletion_protection),
            iam_authentication: switches
                .enable_iam_database_authentication(default.iam_authentication),
            vpc_security_group_ids: self.vpc_security_group_ids.clone(),
            subnet_group: self.db_subnet_group_name.clone(),
            parameter_group: self.db_parameter_group_name.clone(),
        })
    }

    /// Which of the values that AWS may not offer are the operator's.
    pub(super) fn origins(&self) -> Origins {
        let origin = |flag: &Option<String>| match flag {
            Some(_) => Origin::Flag,
            None => Origin::Preset,
        };
        Origins {
            version: origin(&self.engine_version),
            zone: origin(&self.availability_zone),
        }
    }

    /// The password of the master user.
    ///
    /// # Errors
    /// A file that cannot be read or is empty.
    pub(super) fn password(&self) -> Result<Password> {
        let Some(path) = &self.master_user_password_file else {
            return Ok(Password::Managed);
        };
        let text = read(path).map_err(|error| {
            let advice = format!("cannot read the password from {}", path.display());
            Error::Operator(advice, Some(error.into()))
        })?;
        let password = text.trim_end_matches(['\r', '\n']);
        if password.is_empty() {
            return Err(Error::operator(format!(
                "{} contains no password",
                path.display()
            )));
        }
        Ok(Password::Given(SecretString::from(password)))
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    if path != Path::new("-") {
        return std::fs::read_to_string(path);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}
