//! `cruddur db migrate`, `db status` and `db new`.

use std::path::PathBuf;

use super::{Expired, MigrationReport, Options, draft};
use crate::config::{Settings, TerminalConfig};
use crate::error::Result;
use crate::operations::command_context::{CommandContext, DatabaseArguments};
use crate::operations::terminal::Output;

/// Apply the pending migrations.
#[derive(clap::Args)]
pub struct MigrateArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// Show the pending migrations and apply nothing.
    #[arg(long)]
    dry_run: bool,
    /// The last version to apply.
    #[arg(long, value_name = "VERSION")]
    target: Option<i32>,
    #[command(flatten)]
    expired: ExpiredArguments,
    /// The label to print, for a script with another name.
    #[arg(long, value_name = "NAME", default_value = "db-migrate", hide = true)]
    label: String,
}

/// Show which migrations are applied.
#[derive(clap::Args)]
pub struct StatusArguments {
    #[command(flatten)]
    database: DatabaseArguments,
}

/// Create the file of a new migration, with the next number. Needs no database.
#[derive(clap::Args)]
pub struct NewArguments {
    /// What the migration does, such as index_the_oldest_activities.
    name: String,
    /// The folder of the migrations.
    #[arg(long, default_value = "migrations")]
    folder: PathBuf,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

/// The flags that decide about the expired activities of the prototype.
#[derive(clap::Args)]
struct ExpiredArguments {
    /// Keep the prototype's expired activities, without an expiry.
    #[arg(long, conflicts_with = "purge_expired")]
    keep_expired: bool,
    /// Delete the prototype's expired activities.
    #[arg(long)]
    purge_expired: bool,
}

impl ExpiredArguments {
    fn choice(&self) -> Option<Expired> {
        match (self.keep_expired, self.purge_expired) {
            (true, _) => Some(Expired::Keep),
            (_, true) => Some(Expired::Purge),
            _ => None,
        }
    }
}

impl MigrateArguments {
    pub(in crate::operations) async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        context.output.heading(&self.label);
        let options = Options {
            environment: context.config.environment,
            dry_run: self.dry_run,
            target: self.target,
            expired: self.expired.choice(),
        };
        let report = super::migrate(&context.connector, &options).await?;
        context.output.report(&report, describe)
    }
}

impl StatusArguments {
    pub(in crate::operations) async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        let report = super::status(&context.connector).await?;
        context.output.report(&report, describe)
    }
}

impl NewArguments {
    pub(in crate::operations) fn run(self, mut settings: Settings) -> Result<()> {
        let output = Output {
            json: self.json,
            color: TerminalConfig::read(&mut settings).color,
        };
        settings.finish()?;
        output.heading("db-new");
        let draft = draft::create(&self.folder, &self.name)?;
        output.report(&draft, |draft| vec![draft.file.clone()])
    }
}

/// One line for the database, one for each migration, one for each count of a takeover.
pub(in crate::operations) fn describe(report: &MigrationReport) -> Vec<String> {
    let stamp = report
        .environment
        .map_or_else(|| "not stamped".to_owned(), |stamp| stamp.to_string());
    let mut lines = vec![format!("database {} ({stamp})", report.database)];
    for migration in &report.migrations {
        let state = match &migration.applied_on {
            _ if migration.diverged => "DIVERGED: applied with another text".to_owned(),
            _ if migration.needs_repair => "needs repair: applied with an earlier text".to_owned(),
            None => "pending".to_owned(),
            Some(_) if report.repaired_now.contains(&migration.version) => {
                "repaired now: had been applied with an earlier text".to_owned()
            }
            Some(_) if report.applied_now.contains(&migration.version) => "applied now".to_owned(),
            Some(time) => format!("applied {time}"),
        };
        let name = format!("V{}  {:32}", migration.version, migration.name);
        lines.push(format!("  {name} {state}"));
    }
    for count in &report.takeover {
        lines.push(format!("  prototype: {:28} {}", count.outcome, count.rows));
    }
    lines
}
