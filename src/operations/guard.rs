//! Protects databases from destructive operations. A database is stamped with its environment. Unless
//! that is `development`, an operator must confirm with the database's name to drop, seed or replace it. The
//! database of `PROD_CONNECTION_URL` needs the confirmation whatever its stamp is.
//!
//! A refusal is [`Error::Guarded`]: exit code 3 of a command, 409 `refused_by_guard` at `/admin` with
//! the text in `detail`.

use serde::Serialize;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::lock_watch::LockWatch;
use crate::config::Environment;
use crate::db::{Connector, schema};
use crate::error::{Error, Result};

/// The state of a database before a destructive operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DatabaseState {
    /// It does not exist.
    Missing,
    /// It has no stamp and no table.
    Empty,
    /// It has tables, but no readable stamp: they belong to the prototype or to another program.
    Unstamped,
    /// It has this stamp.
    Stamped(Environment),
}

impl DatabaseState {
    /// The stamp, if there is one.
    pub fn environment(self) -> Option<Environment> {
        match self {
            Self::Stamped(environment) => Some(environment),
            _ => None,
        }
    }
}

/// Permits the operation `verb` ("drop") and returns the state of the database. A given `confirm` must be
/// the database's name, even where no confirmation is required.
///
/// # Errors
/// [`Error::Guarded`]; a database whose state cannot be read.
pub async fn permit(
    connector: &Connector,
    verb: &str,
    confirm: Option<&str>,
) -> Result<DatabaseState> {
    let database = connector.database();
    let found = inspect(connector).await?;
    let what = match found {
        DatabaseState::Missing
        | DatabaseState::Empty
        | DatabaseState::Stamped(Environment::Development) => connector
            .is_prod()
            .then(|| "is the database of PROD_CONNECTION_URL".to_owned()),
        DatabaseState::Stamped(environment) => Some(format!("is stamped {environment}")),
        DatabaseState::Unstamped => Some("has tables and no stamp".to_owned()),
    };
    match (confirm, what) {
        (Some(name), _) if name != database => Err(Error::Guarded(format!(
            "refused to {verb}: the database is {database}, but {name} was confirmed"
        ))),
        (None, Some(what)) => Err(Error::Guarded(format!(
            "refused to {verb}: {database} {what}; confirm with its name (--confirm {database}, or \
             \"confirm\" in the body)"
        ))),
        _ => Ok(found),
    }
}

/// Reads the current state of the database.
///
/// # Errors
/// A database that cannot be read within five seconds.
pub async fn inspect(connector: &Connector) -> Result<DatabaseState> {
    match LockWatch::connect_for_report(connector).await {
        Err(error) if error.sql_state() == Some(&SqlState::INVALID_CATALOG_NAME) => {
            Ok(DatabaseState::Missing)
        }
        connected => {
            let (client, watch) = connected?;
            watch.during(inspect_existing(&client)).await
        }
    }
}

async fn inspect_existing(client: &Client) -> Result<DatabaseState> {
    let stamp = match schema::find_environment(client).await {
        Err(error) if error.sql_state() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => None,
        stamp => stamp?,
    };
    if let Some(environment) = stamp {
        return Ok(DatabaseState::Stamped(environment));
    }
    let row = client
        .query_one(include_str!("sql/find_any_table.sql"), &[])
        .await?;
    Ok(match row.try_get("present")? {
        true => DatabaseState::Unstamped,
        false => DatabaseState::Empty,
    })
}
