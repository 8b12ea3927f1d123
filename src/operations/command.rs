//! `cruddur db …`: the commands of the families that work on the database.

use clap::Subcommand;

use super::backup::cli::{BackupArguments, RestoreArguments};
use super::database::cli::{CreateArguments, DropArguments, SetupArguments};
use super::drift::cli::DriftArguments;
use super::inspect::cli::InspectArguments;
use super::lint::cli::LintArguments;
use super::migrations::cli::{MigrateArguments, NewArguments, StatusArguments};
use super::roles::cli::GrantArguments;
use super::seeds::cli::SeedArguments;
use super::sessions::cli::{CancelArguments, SessionsArguments, TerminateArguments};
use super::shell::cli::ConnectArguments;
use super::tunnel::cli::TunnelArguments;
use crate::config::Settings;
use crate::error::Result;

/// The subcommands of `cruddur db`. The doc of its arguments is the help text of each.
#[derive(Subcommand)]
#[expect(missing_docs, reason = "each variant is documented by its arguments")]
pub enum DbCommand {
    Connect(ConnectArguments),
    Tunnel(TunnelArguments),
    Create(CreateArguments),
    Drop(DropArguments),
    Setup(SetupArguments),
    Migrate(MigrateArguments),
    Status(StatusArguments),
    New(NewArguments),
    Lint(LintArguments),
    Drift(DriftArguments),
    Grant(GrantArguments),
    Seed(SeedArguments),
    Backup(BackupArguments),
    Restore(RestoreArguments),
    Inspect(InspectArguments),
    Sessions(SessionsArguments),
    Cancel(CancelArguments),
    Terminate(TerminateArguments),
}

impl DbCommand {
    /// Runs the command and prints its report.
    ///
    /// # Errors
    /// Those of the command.
    pub async fn run(self, settings: Settings) -> Result<()> {
        match self {
            Self::Connect(arguments) => arguments.run(settings).await,
            Self::Tunnel(arguments) => arguments.run(settings).await,
            Self::Create(arguments) => arguments.run(settings).await,
            Self::Drop(arguments) => arguments.run(settings).await,
            Self::Setup(arguments) => arguments.run(settings).await,
            Self::Migrate(arguments) => arguments.run(settings).await,
            Self::Status(arguments) => arguments.run(settings).await,
            Self::New(arguments) => arguments.run(settings),
            Self::Lint(arguments) => arguments.run(settings),
            Self::Drift(arguments) => arguments.run(settings).await,
            Self::Grant(arguments) => arguments.run(settings).await,
            Self::Seed(arguments) => arguments.run(settings).await,
            Self::Backup(arguments) => arguments.run(settings).await,
            Self::Restore(arguments) => arguments.run(settings).await,
            Self::Inspect(arguments) => arguments.run(settings).await,
            Self::Sessions(arguments) => arguments.run(settings).await,
            Self::Cancel(arguments) => arguments.run(settings).await,
            Self::Terminate(arguments) => arguments.run(settings).await,
        }
    }
}
