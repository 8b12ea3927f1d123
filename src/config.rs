//! The settings of the program, and the only reader of the environment. Small structs, one a
//! concern, each of which lists its variables; what they switch on is decided elsewhere.

mod admin;
mod aws;
mod database;
mod environment;
mod http;
mod identity;
mod limits;
mod log;
mod public_address;
mod security_group;
mod settings;
mod terminal;
mod traces;
mod url;

pub use admin::{AdminConfig, SHORTEST_ADMIN_TOKEN};
pub use aws::AwsConfig;
pub use database::{DatabaseAuth, DatabaseConfig, DatabaseTarget, EmbeddedSettings};
pub use environment::Environment;
pub use http::HttpConfig;
pub use identity::{CognitoConfig, IdentityConfig};
pub use limits::{LimitsConfig, Rate, Rates, TrustedProxies};
pub use log::{LogConfig, LogFormat};
pub use public_address::{NotPublic, PublicAddress};
pub use security_group::{AddressSource, SecurityGroupConfig};
pub use settings::{Flags, SETTINGS, Setting, Settings};
pub use terminal::TerminalConfig;
pub use traces::{TraceSampler, TracesConfig};
pub use url::{ConnectionUrl, Endpoint};

use crate::error::{Error, Result};

/// Everything the server reads, once, at start.
#[derive(Debug, Clone)]
pub struct Config {
    pub http: HttpConfig,
    pub database: DatabaseConfig,
    pub identity: IdentityConfig,
    pub limits: LimitsConfig,
    pub admin: AdminConfig,
    /// Where one is configured.
    pub security_group: Option<SecurityGroupConfig>,
    /// Where a collector is.
    pub traces: Option<TracesConfig>,
}

impl Config {
    /// Reads every setting. The error names each value that cannot be read, all at once.
    pub fn load(mut settings: Settings) -> Result<Self> {
        let config = Self {
            http: HttpConfig::read(&mut settings),
            database: DatabaseConfig::read(&mut settings),
            identity: IdentityConfig::read(&mut settings),
            limits: LimitsConfig::read(&mut settings),
            admin: AdminConfig::read(&mut settings),
            security_group: SecurityGroupConfig::read(&mut settings),
            traces: TracesConfig::read(&mut settings),
        };
        settings.finish()?;
        Ok(config)
    }
}

impl Settings {
    /// Fails with one line for each value that could not be read.
    pub fn finish(self) -> Result<()> {
        if self.problems.is_empty() {
            return Ok(());
        }
        let lines = self.problems.join("\n  ");
        Err(Error::operator(format!(
            "these settings cannot be used:\n  {lines}"
        )))
    }
}
