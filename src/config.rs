//! The settings of the program; no other module reads the environment. Each struct reads the variables
//! of one subject, which its module lists; other modules act on them.

mod admin;
mod aws;
mod database;
mod environment;
mod http;
mod identity;
mod limits;
mod log;
mod public_address;
#[cfg(test)]
pub mod reference_page;
mod rule_owner;
mod security_group;
mod settings;
#[cfg(test)]
mod templates;
mod terminal;
mod traces;
mod tunnel;
mod url;
mod workspace;

pub use admin::{AdminConfig, SHORTEST_ADMIN_TOKEN};
pub use aws::AwsConfig;
pub use database::{DatabaseAuth, DatabaseConfig, DatabaseLocation, EmbeddedSettings};
pub use environment::Environment;
pub use http::{ClientGeneration, HttpConfig};
pub use identity::{CognitoConfig, IdentityConfig};
pub use limits::{LimitsConfig, Rate, Rates, TrustedProxies};
pub use log::{LogConfig, LogFormat};
pub use public_address::{NotPublic, PublicAddress};
pub use security_group::{AddressSource, ManagedRule, OwnRule, SecurityGroupConfig};
pub use settings::{
    DefaultValue, Flags, Section, Setting, SettingInForce, SettingSource, Settings, all_settings,
};
pub use terminal::TerminalConfig;
pub use traces::{TraceSampler, TracesConfig};
pub use tunnel::TunnelConfig;
pub use url::{ConnectionUrl, Endpoint};
pub use workspace::Workspace;

use crate::error::{Error, Result};

/// All settings of the server, read once when it starts.
#[derive(Debug, Clone)]
pub struct Config {
    /// The listener and the allowed origins.
    pub http: HttpConfig,
    /// The database and how to connect to it.
    pub database: DatabaseConfig,
    /// How clients are identified.
    pub identity: IdentityConfig,
    /// The rate limits.
    pub limits: LimitsConfig,
    /// The token of operators.
    pub admin: AdminConfig,
    /// `None` without `DB_SG_ID`.
    pub security_group: Option<SecurityGroupConfig>,
    /// `None` without `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub traces: Option<TracesConfig>,
    /// Every setting, for operators to see.
    pub in_force: Vec<SettingInForce>,
}

impl Config {
    /// Reads every setting.
    ///
    /// # Errors
    /// Those of [`Settings::finish`].
    pub fn load(mut settings: Settings) -> Result<Self> {
        let config = Self {
            http: HttpConfig::read(&mut settings),
            database: DatabaseConfig::read(&mut settings),
            identity: IdentityConfig::read(&mut settings),
            limits: LimitsConfig::read(&mut settings),
            admin: AdminConfig::read(&mut settings),
            security_group: SecurityGroupConfig::read(&mut settings),
            traces: TracesConfig::read(&mut settings),
            in_force: settings.in_force(),
        };
        settings.finish()?;
        Ok(config)
    }
}

impl Settings {
    /// Ends the reading of the settings.
    ///
    /// # Errors
    /// One error with a line for each invalid setting.
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
