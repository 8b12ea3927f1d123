//! The database that a command works on: that of `CONNECTION_URL`, of `PROD_CONNECTION_URL` with
//! `--prod`, or the embedded one. A command works on the same database from its first step to its
//! last.

use super::terminal::Output;
use super::tunnel::Tunnel;
use crate::config::{DatabaseConfig, DatabaseLocation, Settings, TerminalConfig, TunnelConfig};
use crate::db::Connector;
use crate::db::embedded::Embedded;
use crate::error::{Error, Result};

/// The flags that select the database and the output.
#[derive(Debug, Clone, clap::Args)]
pub struct DatabaseArguments {
    /// Use the database of PROD_CONNECTION_URL.
    #[arg(long)]
    pub prod: bool,
    /// Reach the database through DB_TUNNEL_TARGET, an instance in its private network.
    #[arg(long)]
    pub tunnel: bool,
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

    /// What carries the tunnel, where `--tunnel` asks for one.
    pub fn read_tunnel(&self, settings: &mut Settings) -> Option<TunnelConfig> {
        self.tunnel.then(|| TunnelConfig::read(settings))
    }

    /// How the command prints.
    pub fn output(&self, settings: &mut Settings) -> Output {
        Output {
            json: self.json,
            color: TerminalConfig::read(settings).color,
        }
    }
}

/// A command's database and output. An embedded database runs, and a tunnel is open, until this is dropped.
pub struct CommandContext {
    /// The configuration of the database.
    pub config: DatabaseConfig,
    /// Connects to the database.
    pub connector: Connector,
    /// Prints the report.
    pub output: Output,
    _embedded: Option<Embedded>,
    _tunnel: Option<Tunnel>,
}

impl CommandContext {
    /// Reads the settings, and starts the embedded database where it is selected and does not run yet, or opens the
    /// tunnel. Does not connect.
    ///
    /// # Errors
    /// Settings that cannot be read; an embedded database that does not start; a tunnel that does not open.
    pub async fn open(arguments: &DatabaseArguments, mut settings: Settings) -> Result<Self> {
        let mut config = arguments.read_config(&mut settings);
        let tunnel = arguments.read_tunnel(&mut settings);
        let output = arguments.output(&mut settings);
        settings.finish()?;
        let tunnel = match tunnel {
            Some(tunnel) => Some(Tunnel::open(&mut config, &tunnel, 0).await?),
            None => None,
        };
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
            _tunnel: tunnel,
        })
    }
}
