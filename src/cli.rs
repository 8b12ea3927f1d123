//! The command line: one enum, one call for each arm. What a command does stands in `ops` and
//! `server`; how its report looks on a terminal in `print`.

mod healthcheck;
mod logging;
mod print;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::config::{Config, DatabaseConfig, DatabaseTarget, Flags, LogConfig, Settings};
use crate::db::Connector;
use crate::db::embedded::Embedded;
use crate::error::{Error, Result, chain};
use crate::ops::{migrations, seeds};
use crate::server::{Application, Startup, open_api};

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
    Db(DbCommand),
    /// Ask a running server whether it lives; for containers.
    Healthcheck {
        /// Ask whether it is ready, too.
        #[arg(long)]
        ready: bool,
    },
    /// Print the API's description (OpenAPI 3.1).
    Openapi,
    /// Print a completion script.
    Completions { shell: Shell },
}

#[derive(Subcommand)]
enum DbCommand {
    /// Apply the pending migrations.
    Migrate {
        #[command(flatten)]
        database: DatabaseArguments,
        /// Only say what is pending.
        #[arg(long)]
        dry_run: bool,
        /// The last version to apply.
        #[arg(long, value_name = "VERSION")]
        target: Option<i32>,
        /// Carry the prototype's expired activities over, without an expiry.
        #[arg(long, conflicts_with = "purge_expired")]
        keep_expired: bool,
        /// Leave the prototype's expired activities behind.
        #[arg(long)]
        purge_expired: bool,
    },
    /// Show which migrations are applied.
    Status {
        #[command(flatten)]
        database: DatabaseArguments,
    },
    /// Load a set of example data.
    Seed {
        #[command(flatten)]
        database: DatabaseArguments,
        #[arg(default_value = seeds::DEMO)]
        set: String,
    },
}

#[derive(clap::Args)]
struct DatabaseArguments {
    /// The database of PROD_CONNECTION_URL.
    #[arg(long)]
    prod: bool,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command line. 0 done, 1 failed, 2 usage, 3 refused by a guard.
pub async fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match execute(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print::error(&chain(&error));
            ExitCode::FAILURE
        }
    }
}

async fn execute(arguments: Arguments) -> Result<()> {
    let mut settings = Settings::new(arguments.flags);
    match arguments.command {
        Command::Serve { migrate } => {
            logging::start(&LogConfig::read(&mut settings))?;
            let config = Config::load(settings)?;
            Application::start(&config, Startup { migrate })?
                .run_until_stopped()
                .await
        }
        Command::Db(command) => run_db(command, settings).await,
        Command::Healthcheck { ready } => healthcheck::run(&Config::load(settings)?, ready).await,
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

async fn run_db(command: DbCommand, settings: Settings) -> Result<()> {
    match command {
        DbCommand::Migrate {
            database,
            dry_run,
            target,
            keep_expired,
            purge_expired,
        } => {
            let json = database.json;
            let target_database = Database::open(&database, settings)?;
            let expired = match (keep_expired, purge_expired) {
                (true, _) => Some(migrations::Expired::Keep),
                (_, true) => Some(migrations::Expired::Purge),
                _ => None,
            };
            let environment = target_database.config.environment;
            let options = migrations::Options {
                environment,
                dry_run,
                target,
                expired,
            };
            print::step("db-migrate", json);
            let report = migrations::migrate(&target_database.connector, &options).await?;
            print::migrations(&report, json)
        }
        DbCommand::Status { database } => {
            let json = database.json;
            let target_database = Database::open(&database, settings)?;
            let report = migrations::status(&target_database.connector).await?;
            print::migrations(&report, json)
        }
        DbCommand::Seed { database, set } => {
            let json = database.json;
            let target_database = Database::open(&database, settings)?;
            print::step("db-seed", json);
            let report = seeds::load(&target_database.connector, &set).await?;
            print::seeds(&report, json)
        }
    }
}

/// The database that a command works on; an embedded one runs for as long as this lives.
struct Database {
    config: DatabaseConfig,
    connector: Connector,
    _embedded: Option<Embedded>,
}

impl Database {
    fn open(arguments: &DatabaseArguments, mut settings: Settings) -> Result<Self> {
        let config = match arguments.prod {
            true => DatabaseConfig::read_prod(&mut settings),
            false => DatabaseConfig::read(&mut settings),
        };
        settings.finish()?;
        let embedded = match &config.target {
            DatabaseTarget::Embedded(settings) => {
                Some(Embedded::attach_or_start(settings.config()).map_err(Error::from)?)
            }
            DatabaseTarget::Url(_) => None,
        };
        let connector = Connector::new(&config)?;
        Ok(Self {
            config,
            connector,
            _embedded: embedded,
        })
    }
}
