//! The state of the running server, for `/admin/status`.

pub mod http;

use serde::Serialize;
use utoipa::ToSchema;

use super::security_group::SecurityGroup;
use crate::config::Environment;
use crate::db::{Connector, Health, Pool};

/// The state of the server.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServerStatus {
    /// The version of this program.
    pub version: &'static str,
    /// Seconds since the program started.
    pub uptime_seconds: u64,
    /// The database at the latest probe.
    pub database: DatabaseStatus,
    /// The database's schema at the latest probe.
    pub schema: SchemaStatus,
    /// The connections of all pools.
    pub pool: PoolStatus,
    /// The outcome of the last attempt to bring the security-group rule in step: `in_step`, `changed`, `granted`,
    /// `admitted_by_other`, `not_needed`, `failed`, or `unknown` before the first one ended. Null if
    /// no security group is configured.
    #[schema(required)]
    pub security_group: Option<&'static str>,
    /// Whether the database is a child process of this program.
    pub embedded: bool,
}

/// The database at the latest probe.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatabaseStatus {
    /// Its name.
    pub name: String,
    /// Whether it answered.
    pub reachable: bool,
    /// Its stamp; null before the first probe, without a stamp, and while the schema is not current.
    #[schema(required)]
    pub environment: Option<Environment>,
    /// The connection pooler in front of it, and whether that loses prepared statements; null without one.
    #[schema(required)]
    pub pooler: Option<String>,
}

/// The schema at the latest probe.
#[derive(Debug, Serialize, ToSchema)]
pub struct SchemaStatus {
    /// `current`, `behind`, `diverged`, `newer` or `unknown`; `newer` needs a newer release than this one.
    pub state: &'static str,
    /// The number of migrations to apply or to repair.
    pub pending: usize,
}

/// The connections of all pools.
#[derive(Debug, Serialize, ToSchema)]
pub struct PoolStatus {
    /// Connections in use.
    pub in_use: usize,
    /// Open connections that are not in use.
    pub idle: usize,
    /// The largest number of connections: `DB_POOL_SIZE` and those of the batch workers.
    pub max: usize,
}

/// The state at the latest probe. Sends no query, so that it works while the database is unreachable.
pub fn show(
    connector: &Connector,
    health: &Health,
    pool: &Pool,
    security_group: Option<&SecurityGroup>,
) -> ServerStatus {
    let state = health.state();
    let (in_use, idle, max) = pool.usage();
    ServerStatus {
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: health.uptime().as_secs(),
        database: DatabaseStatus {
            name: connector.database().to_owned(),
            reachable: state.reachable,
            environment: state.environment,
            pooler: connector
                .pooler()
                .map(|pooler| match state.losing_statements {
                    Some(_) => format!("{pooler}, which loses prepared statements"),
                    None => pooler.to_string(),
                }),
        },
        schema: SchemaStatus {
            state: state.schema.as_str(),
            pending: state.schema.pending(),
        },
        pool: PoolStatus { in_use, idle, max },
        security_group: security_group.map(SecurityGroup::last_outcome),
        embedded: connector.is_embedded(),
    }
}
