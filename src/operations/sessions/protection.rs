//! Sessions that no operator may end.

use crate::db::SERVER_APPLICATION_NAME;

/// Amazon's own accounts on RDS.
const PROVIDER_ACCOUNTS: [&str; 2] = ["rdsadmin", "rdsrepladmin"];

/// Why the session may not be ended; `None` if it may.
pub fn protection(user: Option<&str>, app: &str, backend_type: &str) -> Option<&'static str> {
    if app.starts_with(SERVER_APPLICATION_NAME) {
        Some("a connection of Cruddur's own pool")
    } else if backend_type == "walsender" {
        Some("replication")
    } else if user.is_some_and(|user| PROVIDER_ACCOUNTS.contains(&user)) {
        Some("a session of the database provider")
    } else if backend_type != "client backend" {
        Some("a PostgreSQL server process")
    } else {
        None
    }
}
