//! The database that a command works on: that of `CONNECTION_URL`, of `PROD_CONNECTION_URL` with
//! `--prod`, or the embedded one. A command works on the same database from its first step to its
//! last.

use super::terminal::Output;
use crate::config::{DatabaseConfig, DatabaseLocation, Settings, TerminalConfig};
use crate::db::Connector;
use crate::db::embedded::Embedded;
use crate::error::{Error, Result};

/// The flags that select the database and the output.
#[derive(Debug, Clone, clap::Args)]
pub struct DatabaseArguments {
    /// Use the database of PROD_CONNECTION_URL.
    #[arg(long)]
    pub prod: bool,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// The flag of a command that [`super::guard`] guards.
#[derive(Debug, Clone, clap::Args)]
pub struct ConfirmArguments {
    /// The database's name; required with --prod, and unless the database is stamped `development`.
    #[arg(long, value_name = "DATABASE_NAME")]
    pub confirm: Option<String>,
}

impl DatabaseArguments {
    /// The configuration of the database that `--prod` chooses.
    pub fn read_config(&self, settings: &mut Settings) -> DatabaseConfig {
        match self.prod {
            true => DatabaseConfig::read_prod(settings),
            false => DatabaseConfig::read(settings),
        }
    }

    /// How the command prints.
    pub fn output(&self, settings: &mut Settings) -> Output {
        Output {
            json: self.json,
            color: TerminalConfig::read(settings).color,
        }
    }
}

/// A command's database and output. An embedded database runs until this is dropped.
pub struct CommandContext {
    /// The configuration of the database.
    pub config: DatabaseConfig,
    /// Connects to the database.
    pub connector: Connector,
    /// Prints the report.
    pub output: Output,
    _embedded: Option<Embedded>,
}

impl CommandContext {
    /// Reads the settings, and starts the embedded database where it is selected and does not run yet.
    /// Does not connect.
    ///
    /// # Errors
    /// Settings that cannot be read; an embedded database that does not start.
    pub fn open(arguments: &DatabaseArguments, mut settings: Settings) -> Result<Self> {
        let config = arguments.read_config(&mut settings);
        let output = arguments.output(&mut settings);
        settings.finish()?;
        let embedded = match &config.target {
            DatabaseLocation::Embedded(settings) => {
                Some(Embedded::attach_or_start(settings.config()).map_err(Error::from)?)
            }
            DatabaseLocation::Url(_) => None,
        };
        let connector = match arguments.prod {
            true => Connector::new(&config)?.for_prod(),
            false => Connector::new(&config)?,
        };
        Ok(Self {
            config,
            connector,
            output,
            _embedded: embedded,
        })
    }
}
