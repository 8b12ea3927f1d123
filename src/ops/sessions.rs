//! Who is connected, who waits for whom, and ending a statement or a session. What is said of the
//! outcome was looked at, not assumed.

mod list;
mod literals;
mod signal;

pub use list::{Filter, Session, Waiting, list, parse_age};
pub use signal::{Ending, Outcome, SignalReport, cancel, terminate};

use crate::db::SERVER_APPLICATION_NAME;

/// Accounts of the database's keepers: Amazon's on RDS.
const KEEPERS: [&str; 2] = ["rdsadmin", "rdsrepladmin"];

/// Why a session is nobody's to end, if it is.
fn protection(user: Option<&str>, app: &str, backend_type: &str) -> Option<&'static str> {
    if app.starts_with(SERVER_APPLICATION_NAME) {
        Some("a connection of our own pool")
    } else if backend_type == "walsender" {
        Some("replication")
    } else if user.is_some_and(|user| KEEPERS.contains(&user)) {
        Some("the keeper of the server")
    } else if backend_type != "client backend" {
        Some("a process of the server itself")
    } else {
        None
    }
}
