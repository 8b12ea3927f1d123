//! `cruddur users …`.

use clap::{Args, Subcommand};
use indicatif::ProgressBar;

use super::{UserSyncOptions, UserSyncReport};
use crate::config::{IdentityConfig, Settings};
use crate::db::{Health, Pool};
use crate::error::Result;
use crate::operations::command_context::{CommandContext, DatabaseArguments};
use crate::operations::suspensions::cli::{
    ReinstateArguments, SuspendArguments, SuspendedArguments,
};

/// The subcommands of `cruddur users`.
#[derive(Subcommand)]
#[expect(missing_docs, reason = "each variant is documented by its arguments")]
pub enum UsersCommand {
    Sync(SyncArguments),
    Suspend(SuspendArguments),
    Reinstate(ReinstateArguments),
    Suspended(SuspendedArguments),
}

/// Insert a row for each user of the Cognito user pool that has none.
#[derive(Args)]
pub struct SyncArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// Show the rows that would be inserted and insert nothing.
    #[arg(long)]
    dry_run: bool,
}

impl UsersCommand {
    /// Runs the command and prints its report.
    ///
    /// # Errors
    /// Those of the command.
    pub async fn run(self, settings: Settings) -> Result<()> {
        match self {
            Self::Sync(arguments) => arguments.run(settings).await,
            Self::Suspend(arguments) => arguments.run(settings).await,
            Self::Reinstate(arguments) => arguments.run(settings).await,
            Self::Suspended(arguments) => arguments.run(settings).await,
        }
    }
}

impl SyncArguments {
    async fn run(self, mut settings: Settings) -> Result<()> {
        let identity = IdentityConfig::read(&mut settings);
        let context = CommandContext::open(&self.database, settings)?;
        context.output.heading("users-sync");
        let pool = Pool::new(&context.connector, 1, Health::unwatched())?;
        // Visible on a terminal only.
        let bar = ProgressBar::new_spinner();
        let progress = |users: usize| bar.set_message(format!("{users} users of the pool read"));
        progress(0);
        let options = UserSyncOptions {
            dry_run: self.dry_run,
        };
        let report = super::sync(&identity, &pool, &options, progress).await?;
        bar.finish_and_clear();
        context.output.report(&report, describe)
    }
}

fn describe(report: &UserSyncReport) -> Vec<String> {
    let inserted = match report.dry_run {
        true => "to be inserted",
        false => "inserted",
    };
    let mut lines = vec![format!(
        "{} users in the pool: {} known, {} {inserted}, {} not confirmed, {} incomplete",
        report.found,
        report.known,
        report.made,
        report.unconfirmed,
        report.incomplete.len()
    )];
    for changed in &report.handles {
        let state = if changed.is_new { inserted } else { "known" };
        lines.push(format!(
            "  preferred_username {} has the handle {} ({state})",
            changed.in_user_pool, changed.here
        ));
    }
    for subject in &report.incomplete {
        lines.push(format!("  {subject} has no preferred_username or no name"));
    }
    lines
}
