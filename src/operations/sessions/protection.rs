//! Sessions that no operator may end. `application_name` alone proves nothing, because every client chooses its own:
//! a session is that of a server's pool if `db::prober` of a live server, with the same name, account and database,
//! holds the advisory lock of live servers.

/// Amazon's own accounts on RDS.
const PROVIDER_ACCOUNTS: [&str; 2] = ["rdsadmin", "rdsrepladmin"];

/// Why the session may not be ended; `None` if it may.
pub fn protection(is_server: bool, user: Option<&str>, backend_type: &str) -> Option<&'static str> {
    if is_server {
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
