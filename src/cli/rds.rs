//! `cruddur rds …`: one call for each arm. The flags of `create` are those of
//! `aws rds create-db-instance`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgAction, Args, Subcommand, ValueEnum};
use secrecy::SecretString;

use super::print::{self, Voice, Waiting};
use crate::aws::{self, Instances, NewInstance, Password};
use crate::config::{AwsConfig, Settings, TerminalConfig};
use crate::error::{Error, Result};
use crate::ops::rds;

/// Between two looks of `--wait`.
const INTERVAL: Duration = Duration::from_secs(10);

#[derive(Subcommand)]
pub enum RdsCommand {
    /// Make a database instance: out of the public's reach, encrypted, with backups.
    Create(Box<CreateArguments>),
    /// Show an instance.
    Status(InstanceArguments),
    /// Start a stopped instance.
    Start(WaitArguments),
    /// Stop an instance; AWS starts it again after seven days.
    Stop(WaitArguments),
}

#[derive(Args)]
pub struct InstanceArguments {
    #[arg(long, value_name = "NAME", default_value = rds::DEFAULT_IDENTIFIER)]
    db_instance_identifier: String,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct WaitArguments {
    #[command(flatten)]
    instance: InstanceArguments,
    /// Wait until it is done.
    #[arg(long)]
    wait: bool,
}

/// What the values that are not given are taken from.
#[derive(Clone, Copy, ValueEnum)]
enum Preset {
    /// Private, with backups and deletion protection.
    Safe,
    /// As in the bootcamp's fourth week: public and without backups.
    #[value(name = "week-4")]
    Week4,
}

/// A pair of flags, the last of which counts, is one Option.
#[derive(Args)]
pub struct CreateArguments {
    #[command(flatten)]
    rest: WaitArguments,
    #[arg(long, value_enum, default_value = "safe")]
    preset: Preset,
    /// Print the request and send nothing.
    #[arg(long)]
    dry_run: bool,
    /// A file that holds the password; `-` for standard input.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "manage_master_user_password"
    )]
    master_user_password_file: Option<PathBuf>,
    /// Let AWS Secrets Manager make and keep the password [default].
    #[arg(long)]
    manage_master_user_password: bool,
    #[arg(long)]
    db_instance_class: Option<String>,
    #[arg(long)]
    engine: Option<String>,
    #[arg(long)]
    engine_version: Option<String>,
    #[arg(long)]
    master_username: Option<String>,
    /// GB
    #[arg(long)]
    allocated_storage: Option<i32>,
    #[arg(long)]
    storage_type: Option<String>,
    #[arg(long)]
    availability_zone: Option<String>,
    /// Days; 0 for none.
    #[arg(long)]
    backup_retention_period: Option<i32>,
    /// The database's; in place of the setting PORT, whose id and type it has therefore.
    #[arg(long = "port", id = "PORT", value_parser = clap::value_parser!(String))]
    instance_port: Option<String>,
    #[arg(long)]
    db_name: Option<String>,
    /// Days
    #[arg(long)]
    performance_insights_retention_period: Option<i32>,
    #[arg(long, value_name = "SG", num_args = 1..)]
    vpc_security_group_ids: Vec<String>,
    #[arg(long)]
    db_subnet_group_name: Option<String>,
    #[arg(long)]
    db_parameter_group_name: Option<String>,
    #[command(flatten)]
    switches: Switches,
}

macro_rules! switches {
    ($($yes:ident $no:ident;)+) => {
        /// `--multi-az` or `--no-multi-az`: the later one counts.
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

pub async fn run(command: RdsCommand, mut settings: Settings) -> Result<()> {
    let color = TerminalConfig::read(&mut settings).color;
    let config = AwsConfig::read(&mut settings);
    settings.finish()?;
    let instances = async || {
        aws::load(&config)
            .await
            .map(|config| Instances::new(&config))
    };
    let voice = |arguments: &InstanceArguments| Voice {
        json: arguments.json,
        color,
    };
    match command {
        RdsCommand::Create(arguments) => {
            let voice = voice(&arguments.rest.instance);
            let (new, password) = (arguments.instance()?, arguments.password()?);
            if arguments.dry_run {
                return print::json(&new.request(&password));
            }
            voice.step("rds-create");
            let instances = instances().await?;
            let created = instances.create(&new, &password).await?;
            finish(&instances, created, "available", arguments.rest.wait, voice).await
        }
        RdsCommand::Status(arguments) => {
            let found = instances().await?;
            let found = found.find(&arguments.db_instance_identifier).await?;
            voice(&arguments).say(&found, print::db_instance)
        }
        RdsCommand::Start(WaitArguments { instance, wait }) => {
            let instances = instances().await?;
            instances.start(&instance.db_instance_identifier).await?;
            let found = instances.find(&instance.db_instance_identifier).await?;
            finish(&instances, found, "available", wait, voice(&instance)).await
        }
        RdsCommand::Stop(WaitArguments { instance, wait }) => {
            let instances = instances().await?;
            instances.stop(&instance.db_instance_identifier).await?;
            let found = instances.find(&instance.db_instance_identifier).await?;
            finish(&instances, found, "stopped", wait, voice(&instance)).await
        }
    }
}

async fn finish(
    instances: &Instances,
    found: aws::DbInstance,
    status: &str,
    wait: bool,
    voice: Voice,
) -> Result<()> {
    let mut waiting = Waiting::new();
    let found = match wait {
        true => {
            let tell = |found: &aws::DbInstance| waiting.tell(&found.identifier, &found.status);
            rds::wait_for(instances, &found.identifier, status, INTERVAL, tell).await?
        }
        false => found,
    };
    waiting.end();
    voice.say(&found, print::db_instance)
}

impl CreateArguments {
    fn instance(&self) -> Result<NewInstance> {
        let default = match self.preset {
            Preset::Safe => rds::safe(),
            Preset::Week4 => rds::week_4(),
        };
        let text = |given: &Option<String>, default: String| given.clone().unwrap_or(default);
        let switches = &self.switches;
        let insights = switches.enable_performance_insights(default.enable_performance_insights);
        let port = match self.instance_port.as_deref().map(str::parse) {
            None => default.port,
            Some(Ok(port)) => port,
            Some(Err(_)) => return Err(Error::operator("--port must be a port from 1 to 65535")),
        };
        Ok(NewInstance {
            identifier: self.rest.instance.db_instance_identifier.clone(),
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

    fn password(&self) -> Result<Password> {
        let Some(path) = &self.master_user_password_file else {
            return Ok(Password::Managed);
        };
        let text = read(path).map_err(|error| {
            let advice = format!("no password can be read from {}", path.display());
            Error::Operator(advice, Some(error.into()))
        })?;
        let password = text.trim_end_matches(['\r', '\n']);
        if password.is_empty() {
            return Err(Error::operator(format!(
                "{} holds no password",
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
