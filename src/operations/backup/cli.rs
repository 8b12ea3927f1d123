//! `cruddur db backup` and `db restore`.

use std::path::PathBuf;

use indicatif::HumanBytes;

use super::{BackupReport, Progress, RestoreReport};
use crate::config::Settings;
use crate::error::Result;
use crate::operations::command_context::{CommandContext, ConfirmArguments, DatabaseArguments};
use crate::operations::terminal::ProgressReporter;

/// Write the database to a file.
#[derive(clap::Args)]
pub struct BackupArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The backup to write.
    file: PathBuf,
}

/// Replace the database's contents by those of a backup.
#[derive(clap::Args)]
pub struct RestoreArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    confirm: ConfirmArguments,
    /// The backup to read.
    file: PathBuf,
}

impl BackupArguments {
    pub(in crate::operations) async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        context.output.heading("db-backup");
        let reporter = ProgressReporter::start();
        let progress = |progress: Progress<'_>| show(&reporter, progress);
        let (config, connector) = (&context.config, &context.connector);
        let report = super::backup(config, connector, &self.file, progress).await?;
        drop(reporter);
        context.output.report(&report, describe_backup)
    }
}

impl RestoreArguments {
    pub(in crate::operations) async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        context.output.heading("db-restore");
        let reporter = ProgressReporter::start();
        let progress = |progress: Progress<'_>| show(&reporter, progress);
        let (config, connector) = (&context.config, &context.connector);
        let confirm = self.confirm.confirm.as_deref();
        let report = super::restore(config, connector, &self.file, confirm, progress).await?;
        drop(reporter);
        context.output.report(&report, describe_restore)
    }
}

fn show(reporter: &ProgressReporter, progress: Progress<'_>) {
    match progress {
        Progress::Step(line) => {
            let step = line.split_once(": ").map_or(line, |(_program, step)| step);
            reporter.step(step.to_owned());
        }
        Progress::Written(bytes) => reporter.amount(HumanBytes(bytes).to_string()),
        Progress::Restored { done, total } => reporter.amount(format!("{done}/{total}")),
    }
}

fn describe_backup(report: &BackupReport) -> Vec<String> {
    vec![format!(
        "wrote {} to {} ({})",
        report.database,
        report.file.display(),
        HumanBytes(report.bytes)
    )]
}

fn describe_restore(report: &RestoreReport) -> Vec<String> {
    let stamp = report
        .environment
        .map_or_else(|| "not stamped".to_owned(), |stamp| stamp.to_string());
    vec![format!(
        "restored {} from {}: {} objects ({stamp})",
        report.database,
        report.file.display(),
        report.objects
    )]
}
