//! `cruddur users …`.

use clap::{Args, Subcommand};
use indicatif::ProgressBar;

use super::link::{UserLinkOptions, UserLinkReport};
use super::{UserSyncOptions, UserSyncReport, link};
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
    Link(LinkArguments),
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

/// Give a user of example data, whose Cognito id is a placeholder, the `sub` of a user of the Cognito user pool.
#[derive(Args)]
pub struct LinkArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The handle of the user.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    handle: Option<String>,
    /// The attribute `sub` of the user in the pool.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    sub: Option<String>,
    /// Link every user whose handle is the preferred_username of one confirmed user of the pool.
    #[arg(long)]
    all: bool,
    /// Show what would be linked and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// If the sub belongs to another user who has written nothing, delete that user first.
    #[arg(long)]
    replace_unused: bool,
}

impl UsersCommand {
    /// Runs the command and prints its report.
    ///
    /// # Errors
    /// Those of the command.
    pub async fn run(self, settings: Settings) -> Result<()> {
        match self {
            Self::Sync(arguments) => arguments.run(settings).await,
            Self::Link(arguments) => arguments.run(settings).await,
            Self::Suspend(arguments) => arguments.run(settings).await,
            Self::Reinstate(arguments) => arguments.run(settings).await,
            Self::Suspended(arguments) => arguments.run(settings).await,
        }
    }
}

impl SyncArguments {
    async fn run(self, mut settings: Settings) -> Result<()> {
        let identity = IdentityConfig::read(&mut settings);
        let context = CommandContext::open(&self.database, settings).await?;
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

impl LinkArguments {
    async fn run(self, mut settings: Settings) -> Result<()> {
        let identity = IdentityConfig::read(&mut settings);
        let context = CommandContext::open(&self.database, settings).await?;
        context.output.heading("users-link");
        let pool = Pool::new(&context.connector, 1, Health::unwatched())?;
        let options = UserLinkOptions {
            handle: self.handle,
            sub: self.sub,
            all: self.all,
            dry_run: self.dry_run,
            replace_unused: self.replace_unused,
        };
        let report = link::link(&identity, &pool, &options).await?;
        context.output.report(&report, describe_links)
    }
}

fn describe_links(report: &UserLinkReport) -> Vec<String> {
    let linked = match report.dry_run {
        true => "to be linked",
        false => "linked",
    };
    let mut lines = vec![format!(
        "{} users {linked}, {} known, {} skipped, {} other users in the pool",
        report.linked.len(),
        report.known.len(),
        report.skipped.len(),
        report.unmatched
    )];
    lines.extend(
        report
            .linked
            .iter()
            .map(|handle| format!("  {handle}: {linked}")),
    );
    lines.extend(
        report
            .known
            .iter()
            .map(|handle| format!("  {handle}: known")),
    );
    let skipped = report.skipped.iter();
    lines.extend(skipped.map(|skipped| format!("  {}: {}", skipped.handle, skipped.reason)));
    lines
}

fn describe(report: &UserSyncReport) -> Vec<String> {
    let inserted = match report.dry_run {
        true => "to be inserted",
        false => "inserted",
    };
    let mut lines = vec![format!(
        "{} users in the pool: {} known, {} {inserted}, {} not confirmed, {} incomplete, {} deleted",
        report.found,
        report.known,
        report.made,
        report.unconfirmed,
        report.incomplete.len(),
        report.deleted
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
