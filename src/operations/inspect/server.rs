//! The server that `db inspect` reports on.

use serde::Deserialize;

/// The server, as far as the parts depend on it.
#[derive(Debug, Deserialize)]
pub(super) struct Server {
    /// The name of the database.
    pub(super) database: String,
    /// The version, such as `15.14`.
    pub(super) version: String,
    /// The version as a number, such as 150014.
    pub(super) version_number: i32,
    /// Whether it replays the changes of another server.
    pub(super) is_standby: bool,
    /// Whether it is one of Amazon RDS.
    pub(super) is_rds: bool,
    /// The account of the connection, quoted where it must be.
    pub(super) account: String,
    /// Whether the account may read all statistics and settings.
    pub(super) may_monitor: bool,
}
