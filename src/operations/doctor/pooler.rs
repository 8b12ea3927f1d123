//! The check of the connection pooler.

use super::diagnosis::Check;
use crate::db::Connector;
use crate::db::pooler::WAY_OUT;
use crate::db::pooling::{self, Pooling};
use crate::error::chain;

/// Whether a pooler is in front of the database, and whether requests can be served through it.
pub(super) async fn check(connector: &Connector) -> Check {
    let name = "pooler";
    let Some(pooler) = connector.pooler() else {
        return Check::green(name, "none: the server applies start-up options");
    };
    match pooling::examine(connector).await {
        Ok(Pooling::LosesStatements) => Check::red(
            name,
            format!("{pooler} loses prepared statements"),
            format!("A pooler in transaction mode must keep them: {WAY_OUT}."),
        ),
        Ok(Pooling::OfTransactions) => {
            Check::green(name, format!("{pooler}, a session for each transaction"))
        }
        Ok(Pooling::OfSessions) => {
            Check::green(name, format!("{pooler}, a session for each connection"))
        }
        Err(error) => Check::yellow(
            name,
            format!("{pooler}: {}", chain(&error)),
            "Give the pooler at least two sessions for this account.",
        ),
    }
}
