//! How the server is: what `/admin/status` shows at a glance.

use serde::Serialize;
use utoipa::ToSchema;

use crate::config::Environment;
use crate::db::{Connector, Health, Pool};
use crate::ops::security_group::SecurityGroup;

/// The server at a glance.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServerStatus)]
pub struct Status {
    /// Of this program.
    pub version: &'static str,
    pub uptime_seconds: u64,
    pub database: DatabaseStatus,
    pub schema: SchemaStatus,
    pub pool: PoolStatus,
    /// How the last attempt to bring the security-group rule in step ended: `in_step`, `changed`,
    /// `admitted_by_other`, `not_needed`, `failed`, or `unknown` before the first has. Null where
    /// none is configured.
    #[schema(required)]
    pub security_group: Option<&'static str>,
    /// The database is the program's own child.
    pub embedded: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DatabaseStatus {
    pub name: String,
    pub reachable: bool,
    /// The stamp; null while the database is away or has none.
    #[schema(required)]
    pub environment: Option<Environment>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SchemaStatus {
    /// `current`, `behind`, `diverged` or `unknown`.
    pub state: &'static str,
    /// Migrations to apply or to repair.
    pub pending: usize,
}

/// Connections that requests share.
#[derive(Debug, Serialize, ToSchema)]
pub struct PoolStatus {
    pub in_use: usize,
    pub idle: usize,
    pub max: usize,
}

/// What the last look at the database found; it asks nobody anew, so it always answers.
pub fn show(
    connector: &Connector,
    health: &Health,
    pool: &Pool,
    security_group: Option<&SecurityGroup>,
) -> Status {
    let state = health.state();
    let (in_use, idle, max) = pool.usage();
    Status {
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: health.uptime().as_secs(),
        database: DatabaseStatus {
            name: connector.database().to_owned(),
            reachable: state.reachable,
            environment: state.environment,
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
