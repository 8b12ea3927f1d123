//! The database that a command works on: that of `CONNECTION_URL`, of `PROD_CONNECTION_URL` with
//! `--prod`, or the embedded one. One command means one database from its first step to its last.

use crate::config::{DatabaseConfig, DatabaseLocation, Settings, TerminalConfig};
use crate::db::Connector;
use crate::db::embedded::Embedded;
use crate::error::{Error, Result};

use super::print::Voice;

#[derive(Debug, Clone, clap::Args)]
pub struct DatabaseArguments {
    /// The database of PROD_CONNECTION_URL.
    #[arg(long)]
    pub prod: bool,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// An embedded database runs for as long as this lives.
pub struct Target {
    pub config: DatabaseConfig,
    pub connector: Connector,
    pub voice: Voice,
    _embedded: Option<Embedded>,
}

impl Target {
    pub fn open(arguments: &DatabaseArguments, mut settings: Settings) -> Result<Self> {
        let config = match arguments.prod {
            true => DatabaseConfig::read_prod(&mut settings),
            false => DatabaseConfig::read(&mut settings),
        };
        let voice = Voice {
            json: arguments.json,
            color: TerminalConfig::read(&mut settings).color,
        };
        settings.finish()?;
        let embedded = match &config.target {
            DatabaseLocation::Embedded(settings) => {
                Some(Embedded::attach_or_start(settings.config()).map_err(Error::from)?)
            }
            DatabaseLocation::Url(_) => None,
        };
        let connector = Connector::new(&config)?;
        Ok(Self {
            config,
            connector,
            voice,
            _embedded: embedded,
        })
    }
}
