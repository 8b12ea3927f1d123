//! Who may destroy what. A database carries a stamp; whatever is not stamped `development` is only
//! dropped, filled or replaced by somebody who repeats its name.
//!
//! A refusal is [`Error::Guarded`]: exit 3 on the command line, 409 `refused_by_guard` at `/admin`
//! with the sentence in `detail`.

use serde::{Deserialize, Serialize};
use tokio_postgres::error::SqlState;
use utoipa::ToSchema;

use crate::config::Environment;
use crate::db::{Connector, schema};
use crate::error::{Error, Result};

/// What there is before a destructive operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// No such database.
    Missing,
    /// None of our tables, and no stamp.
    Empty,
    /// Our tables without a stamp that can be read: the prototype's, or somebody else's.
    Unstamped,
    Stamped(Environment),
}

impl Found {
    pub fn environment(self) -> Option<Environment> {
        match self {
            Self::Stamped(environment) => Some(environment),
            _ => None,
        }
    }
}

/// Lets `verb` ("drop") pass, or refuses. A name that is repeated must be the right one, wherever.
///
/// # Errors
/// [`Error::Guarded`]; a database that cannot be looked at is not touched either.
pub async fn permit(connector: &Connector, verb: &str, confirm: Option<&str>) -> Result<Found> {
    let database = connector.database();
    let found = look(connector).await?;
    let what = match found {
        Found::Missing | Found::Empty | Found::Stamped(Environment::Development) => None,
        Found::Stamped(environment) => Some(format!("is stamped {environment}")),
        Found::Unstamped => Some("holds tables and no stamp".to_owned()),
    };
    match (confirm, what) {
        (Some(name), _) if name != database => Err(Error::Guarded(format!(
            "refused to {verb}: the database is {database}, and {name} was confirmed"
        ))),
        (None, Some(what)) => Err(Error::Guarded(format!(
            "refused to {verb}: {database} {what}; repeat its name to go on (--confirm \
             {database}, or \"confirm\" in the body)"
        ))),
        _ => Ok(found),
    }
}

/// What is there now.
pub async fn look(connector: &Connector) -> Result<Found> {
    let client = match connector.connect().await {
        Err(error) if error.sql_state() == Some(&SqlState::INVALID_CATALOG_NAME) => {
            return Ok(Found::Missing);
        }
        client => client?,
    };
    let stamp = match schema::find_environment(&client).await {
        Err(error) if error.sql_state() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => None,
        stamp => stamp?,
    };
    if let Some(environment) = stamp {
        return Ok(Found::Stamped(environment));
    }
    let row = client
        .query_one(include_str!("sql/find_our_tables.sql"), &[])
        .await?;
    Ok(match row.try_get("present")? {
        true => Found::Unstamped,
        false => Found::Empty,
    })
}
