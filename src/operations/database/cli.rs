//! `cruddur db create`, `db drop` and `db setup`.

use super::{CreateReport, DatabaseTarget, DropReport, SetupOptions, SetupReport};
use crate::config::Settings;
use crate::error::Result;
use crate::operations::command_context::{CommandContext, ConfirmArguments, DatabaseArguments};
use crate::operations::{migrations, seeds};

/// Create the database; does nothing if it exists.
#[derive(clap::Args)]
pub struct CreateArguments {
    #[command(flatten)]
    database: DatabaseArguments,
}

/// Drop the database and terminate the sessions connected to it.
#[derive(clap::Args)]
pub struct DropArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    confirm: ConfirmArguments,
}

/// Drop, create, migrate and seed the database.
#[derive(clap::Args)]
pub struct SetupArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    confirm: ConfirmArguments,
}

impl CreateArguments {
    pub(in crate::operations) async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        context.output.heading("db-create");
        let report = super::create(&DatabaseTarget::for_command(&context.connector)).await?;
        context.output.report(&report, describe_create)
    }
}

impl DropArguments {
    pub(in crate::operations) async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        context.output.heading("db-drop");
        let target = DatabaseTarget::for_command(&context.connector);
        let report = super::drop(&target, self.confirm.confirm.as_deref()).await?;
        context.output.report(&report, describe_drop)
    }
}

impl SetupArguments {
    pub(in crate::operations) async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        let output = context.output;
        output.heading("db-setup");
        let options = SetupOptions {
            environment: context.config.environment,
            confirm: self.confirm.confirm.as_deref(),
        };
        let target = DatabaseTarget::for_command(&context.connector);
        let report = super::setup(&target, &options, |step| output.heading(step)).await?;
        output.report(&report, describe_setup)
    }
}

fn describe_create(report: &CreateReport) -> Vec<String> {
    vec![match report.created {
        true => format!("created {}", report.database),
        false => format!("{} already exists", report.database),
    }]
}

fn describe_drop(report: &DropReport) -> Vec<String> {
    vec![match report.dropped {
        true => format!("dropped {}", report.database),
        false => format!("{} does not exist", report.database),
    }]
}

fn describe_setup(report: &SetupReport) -> Vec<String> {
    [
        describe_drop(&report.drop),
        describe_create(&report.create),
        migrations::cli::describe(&report.migrations),
        seeds::cli::describe(&report.seeds),
    ]
    .concat()
}
