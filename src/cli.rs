//! The command line: parsing the arguments, and the commands that belong to no family of operations
//! (`serve`, `healthcheck`, `settings`, `man`, `openapi`, `completions`). The other commands are next to
//! their operation, in `operations::<family>::cli`.

mod healthcheck;
mod help;
mod logging;
mod manual;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;

use manual::ManArguments;

use crate::config::{Config, Flags, LogConfig, Settings};
use crate::error::{Error, Result, chain};
use crate::operations::command::DbCommand;
use crate::operations::doctor::cli::DoctorArguments;
use crate::operations::rds::cli::RdsCommand;
use crate::operations::reports::cli::ReportsCommand;
use crate::operations::security_group::cli::SgCommand;
use crate::operations::terminal::{print, print_error, print_json};
use crate::operations::users::cli::UsersCommand;
use crate::server::{Application, Startup, open_api};

/// Cruddur: a micro-blog whose posts expire.
///
/// Without CONNECTION_URL the program runs an embedded PostgreSQL.
#[derive(Parser)]
#[command(name = "cruddur", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server.
    Serve {
        /// Before serving, apply the pending migrations of the database of CONNECTION_URL.
        #[arg(long)]
        migrate: bool,
    },
    /// Manage the database.
    #[command(subcommand)]
    Db(DbCommand),
    /// Manage the users.
    #[command(subcommand)]
    Users(UsersCommand),
    /// Look at the users' reports of activities, and close them.
    #[command(subcommand)]
    Reports(ReportsCommand),
    /// Manage the security-group rule that admits this machine to the database.
    #[command(subcommand)]
    Sg(SgCommand),
    /// Manage database instances on Amazon RDS.
    #[command(subcommand)]
    Rds(RdsCommand),
    /// Check whether a running server is live; for the health check of a container.
    Healthcheck {
        /// Check whether the server is ready to serve requests.
        #[arg(long)]
        ready: bool,
    },
    Doctor(DoctorArguments),
    /// Describe every setting.
    #[command(long_about = help::settings())]
    Settings,
    Man(ManArguments),
    /// Print the OpenAPI 3.1 document of the API.
    Openapi,
    /// Print a completion script.
    Completions {
        /// The shell that the script is for.
        shell: Shell,
    },
}

/// The exit code of a command that the guard of `operations::guard` refused.
const REFUSED: u8 = 3;
/// The exit code of a command that names a session, a report or a user that does not exist.
const MISSING: u8 = 4;

/// Runs the command line. Exit codes: 0 success, 1 failure, 2 wrong usage, 3 refused by the guard, 4 no such
/// session, report or user.
pub async fn run() -> ExitCode {
    let matches = command().get_matches();
    let arguments = Arguments::from_arg_matches(&matches)
        .unwrap_or_else(|error| error.format(&mut command()).exit());
    match execute(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print_error(&chain(&error));
            match error {
                Error::Guarded(_) => ExitCode::from(REFUSED),
                Error::Missing(_) => ExitCode::from(MISSING),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

async fn execute(arguments: Arguments) -> Result<()> {
    let mut settings = Settings::new(arguments.flags);
    match arguments.command {
        Command::Serve { migrate } => {
            let log_config = LogConfig::read(&mut settings);
            let log = logging::start(&log_config)?;
            let config = Config::load(settings)?;
            let startup = Startup {
                migrate,
                dropped_log_lines: Some(log.dropped_lines()),
            };
            let application = Application::start(&config, startup)?;
            let application = match log_config.has_banner {
                true => application.with_banner(log.banner_printer()),
                false => application,
            };
            application.run_until_stopped().await
        }
        Command::Db(command) => command.run(settings).await,
        Command::Users(command) => command.run(settings).await,
        Command::Reports(command) => command.run(settings).await,
        Command::Sg(command) => command.run(settings).await,
        Command::Rds(command) => command.run(settings).await,
        Command::Healthcheck { ready } => healthcheck::run(settings, ready).await,
        Command::Doctor(arguments) => arguments.run(settings).await,
        Command::Settings => print(format!("{}\n", help::settings()).as_bytes()),
        Command::Man(arguments) => arguments.run(command()),
        Command::Openapi => print_json(&open_api()?),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command(), "cruddur", &mut script);
            print(&script)
        }
    }
}

/// The definition of the command line.
fn command() -> clap::Command {
    help::with_pointer(Arguments::command())
}
