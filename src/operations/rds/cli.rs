//! `cruddur rds …`.

mod create;
mod delete;
mod password;
mod status;

use clap::{Args, Subcommand};

use super::{DEFAULT_IDENTIFIER, existing, wait_for};
use crate::aws::{self, DbInstance, Instances};
use crate::config::{AwsConfig, Settings, TerminalConfig};
use crate::error::Result;
use crate::operations::terminal::{Output, ProgressSpinner, print_json};
pub use create::CreateArguments;
pub use delete::DeleteArguments;
pub use password::ResetPasswordArguments;
use status::describe_status;

/// The subcommands of `cruddur rds`.
#[derive(Subcommand)]
pub enum RdsCommand {
    /// Create a database instance: private, encrypted, with backups.
    Create(Box<CreateArguments>),
    /// Show an instance, and judge each of its properties.
    Status(InstanceArguments),
    /// Start a stopped instance.
    Start(WaitArguments),
    /// Stop an instance; AWS starts it again after seven days.
    Stop(WaitArguments),
    /// Delete an instance, with a final snapshot.
    Delete(DeleteArguments),
    /// Let AWS generate a new password of the master user and keep it in a secret.
    ResetPassword(ResetPasswordArguments),
}

/// The flags that select the instance and the output.
#[derive(Args)]
pub struct InstanceArguments {
    /// The identifier of the instance.
    #[arg(long, value_name = "NAME", default_value = DEFAULT_IDENTIFIER)]
    db_instance_identifier: String,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

/// The flags that select the instance and whether to wait for it.
#[derive(Args)]
pub struct WaitArguments {
    #[command(flatten)]
    instance: InstanceArguments,
    /// Wait until the instance has reached the new status.
    #[arg(long)]
    wait: bool,
}

impl RdsCommand {
    /// Runs the command and prints the instance.
    ///
    /// # Errors
    /// Settings that cannot be read; a request that AWS refuses; with `--wait`, those of [`wait_for`].
    pub async fn run(self, mut settings: Settings) -> Result<()> {
        let color = TerminalConfig::read(&mut settings).color;
        let config = AwsConfig::read(&mut settings);
        settings.finish()?;
        let connect = async || {
            aws::load(&config)
                .await
                .map(|config| Instances::new(&config))
        };
        let output = |arguments: &InstanceArguments| Output {
            json: arguments.json,
            color,
        };
        match self {
            Self::Create(arguments) => {
                let output = output(&arguments.wait.instance);
                let (new, password) = (arguments.instance()?, arguments.password()?);
                if arguments.dry_run {
                    return print_json(&new.request(&password));
                }
                output.heading("rds-create");
                let instances = connect().await?;
                let announce = |replacement: &str| output.note(replacement);
                let origins = arguments.origins();
                let created = super::create(&instances, new, origins, &password, announce).await?;
                let wait = arguments.wait.wait;
                finish(&instances, created, "available", wait, output).await
            }
            Self::Status(arguments) => {
                let instances = connect().await?;
                let identifier = &arguments.db_instance_identifier;
                let report = super::status(&instances, identifier).await?;
                output(&arguments).report(&report, describe_status)
            }
            Self::Start(WaitArguments { instance, wait }) => {
                let instances = connect().await?;
                instances.start(&instance.db_instance_identifier).await?;
                let found = existing(&instances, &instance.db_instance_identifier).await?;
                finish(&instances, found, "available", wait, output(&instance)).await
            }
            Self::Stop(WaitArguments { instance, wait }) => {
                let instances = connect().await?;
                instances.stop(&instance.db_instance_identifier).await?;
                let found = existing(&instances, &instance.db_instance_identifier).await?;
                finish(&instances, found, "stopped", wait, output(&instance)).await
            }
            Self::Delete(arguments) => {
                let output = output(&arguments.wait.instance);
                output.heading("rds-delete");
                arguments.run(&connect().await?, output).await
            }
            Self::ResetPassword(arguments) => {
                let output = output(&arguments.wait.instance);
                output.heading("rds-reset-password");
                arguments.run(&connect().await?, output).await
            }
        }
    }
}

/// With `--wait`, waits for `status`; then prints the instance.
async fn finish(
    instances: &Instances,
    instance: DbInstance,
    status: &str,
    wait: bool,
    output: Output,
) -> Result<()> {
    if !wait {
        return output.report(&instance, describe);
    }
    let mut spinner = ProgressSpinner::start();
    let observe = |found: &DbInstance| spinner.show(&found.identifier, &found.status);
    let instance = wait_for(instances, &instance.identifier, status, observe).await?;
    drop(spinner);
    output.report(&instance, describe)
}

fn describe(instance: &DbInstance) -> Vec<String> {
    let yes = |value: bool| if value { "yes" } else { "no" };
    let mut lines = vec![
        format!("instance        {}", instance.identifier),
        format!("status          {}", instance.status),
        format!("class           {}", instance.class),
        format!(
            "engine          {} {}",
            instance.engine, instance.engine_version
        ),
        format!("public          {}", yes(instance.publicly_accessible)),
        format!("encrypted       {}", yes(instance.storage_encrypted)),
        format!("multi AZ        {}", yes(instance.multi_az)),
        format!("backups         {} days", instance.backup_retention_days),
        format!("protected       {}", yes(instance.deletion_protection)),
        format!("IAM sign-in     {}", yes(instance.iam_authentication)),
    ];
    if let Some(secret) = &instance.secret {
        lines.push(format!("password        in the secret {secret}"));
    }
    if let Some(url) = &instance.connection_url {
        lines.push(format!("CONNECTION_URL  {url} (without the password)"));
    }
    lines
}
