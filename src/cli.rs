//! The command line: one enum, one call for each arm. A family of commands is an enum of the same
//! kind in a file of its own (`database`). What a command does stands in `ops` and `server`; which
//! database it works on in `target`; how its report looks on a terminal in `print`.
//!
//! To add a command: an arm here or in its family's file, `#[command(flatten)]` of
//! `DatabaseArguments` for `--prod` and `--json`, one call, and a function in `print`.

mod database;
mod doctor;
mod healthcheck;
mod logging;
mod print;
mod rds;
mod security_group;
mod target;
mod users;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::config::{Config, Flags, LogConfig, Settings};
use crate::error::{Error, Result, chain};
use crate::server::{Application, Startup, open_api};
use target::DatabaseArguments;

/// Cruddur: a micro-blog whose posts expire.
///
/// Without CONNECTION_URL the program runs a PostgreSQL of its own. Every setting can be given in
/// the environment; those that hold no secret also as a flag (`--help` lists them).
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
        /// Bring an outside database's schema up to date first.
        #[arg(long)]
        migrate: bool,
    },
    /// Look after the database.
    #[command(subcommand)]
    Db(database::DbCommand),
    /// Look after the people.
    #[command(subcommand)]
    Users(users::UsersCommand),
    /// Let this machine reach the database: the security-group rule.
    #[command(subcommand)]
    Sg(security_group::SgCommand),
    /// Look after databases on Amazon RDS.
    #[command(subcommand)]
    Rds(rds::RdsCommand),
    /// Ask a running server whether it lives; for containers.
    Healthcheck {
        /// Ask whether it is ready, too.
        #[arg(long)]
        ready: bool,
    },
    /// Look at everything the program stands on, and say what to do.
    Doctor {
        #[command(flatten)]
        database: DatabaseArguments,
    },
    /// Print the manual page.
    Man,
    /// Print the API's description (OpenAPI 3.1).
    Openapi,
    /// Print a completion script.
    Completions { shell: Shell },
}

/// The exit code of a command that a guard refused.
const REFUSED: u8 = 3;

/// Runs the command line. 0 done, 1 failed, 2 usage, 3 refused by a guard.
pub async fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match execute(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print::error(&chain(&error));
            match error {
                Error::Guarded(_) => ExitCode::from(REFUSED),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

async fn execute(arguments: Arguments) -> Result<()> {
    let mut settings = Settings::new(arguments.flags);
    match arguments.command {
        Command::Serve { migrate } => {
            let _log = logging::start(&LogConfig::read(&mut settings))?;
            let config = Config::load(settings)?;
            Application::start(&config, Startup { migrate })?
                .run_until_stopped()
                .await
        }
        Command::Db(command) => database::run(command, settings).await,
        Command::Users(command) => users::run(command, settings).await,
        Command::Sg(command) => security_group::run(command, settings).await,
        Command::Rds(command) => rds::run(command, settings).await,
        Command::Healthcheck { ready } => healthcheck::run(&Config::load(settings)?, ready).await,
        Command::Doctor { database } => doctor::run(&database, settings).await,
        Command::Man => print::manual(&Arguments::command()),
        Command::Openapi => print::json(&open_api()),
        Command::Completions { shell } => {
            clap_complete::generate(
                shell,
                &mut Arguments::command(),
                "cruddur",
                &mut std::io::stdout(),
            );
            Ok(())
        }
    }
}
