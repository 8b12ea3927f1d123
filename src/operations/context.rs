//! The shared state of the handlers below `/admin`. `server` creates it once.

use std::sync::Arc;

use super::audit::AuditLog;
use super::backup::Archives;
use super::history::History;
use super::security_group::SecurityGroup;
use super::sessions::SessionsConnection;
use crate::config::{DatabaseConfig, Environment, SettingInForce};
use crate::db::{Connector, Health, Jobs, Pool};

/// The server's database, its health, the audit and the security-group rule.
pub struct Operations {
    /// Connects outside the pool, for operations that outlive a pooled connection.
    pub connector: Connector,
    /// The connections that requests share.
    pub pool: Pool,
    /// The state of the database as the server sees it.
    pub health: Arc<Health>,
    /// The stamp that a new database gets.
    pub environment: Environment,
    /// Records every call.
    pub audit: Arc<AuditLog>,
    /// The connection for the list of sessions.
    pub sessions: Arc<SessionsConnection>,
    /// The security-group rule, if one is configured.
    pub security_group: Option<Arc<SecurityGroup>>,
    /// The figures of the last hour.
    pub history: Arc<History>,
    /// One backup or restore at a time.
    pub archives: Archives,
    /// The database's address and credentials, for `pg_dump` and `pg_restore`.
    pub database: DatabaseConfig,
    /// The work in the background.
    pub jobs: Jobs,
    /// The settings that the server runs with.
    pub settings: Vec<SettingInForce>,
}
