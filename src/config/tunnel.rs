//! The tunnel to a database in a private network: `DB_TUNNEL_TARGET`. `operations::tunnel` opens it.

use std::ffi::OsString;

use super::{AwsConfig, Settings};

/// What carries a tunnel.
#[derive(Debug, Clone)]
pub struct TunnelConfig {
    /// The instance or container that forwards to the database: `i-…`, `mi-…` or `ecs:…`.
    pub target: String,
    /// `PATH`, where the plugin is searched for.
    pub search_path: Option<OsString>,
    /// The region of the target.
    pub aws: AwsConfig,
}

impl TunnelConfig {
    /// Reads the settings, of which the target must be set.
    pub fn read(settings: &mut Settings) -> Self {
        let name = "DB_TUNNEL_TARGET";
        let target = settings.text(name).unwrap_or_default();
        if target.is_empty() {
            settings.problem(
                name,
                "must be set: it names the instance that forwards to the database, such as i-0123456789abcdef0",
            );
        }
        Self {
            target,
            search_path: settings.raw("PATH"),
            aws: AwsConfig::read(settings),
        }
    }
}
