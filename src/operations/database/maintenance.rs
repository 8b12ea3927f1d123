//! The statements that create, rename and drop a database. They run in a maintenance database of the same
//! server, because a session cannot do that to its own database.

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, GenericClient};

use crate::db::Connector;
use crate::error::{Error, Result};

/// PostgreSQL cuts a longer name.
const MAX_NAME_BYTES: usize = 63;
/// The maintenance databases; the first one that exists is used.
const DATABASES: [&str; 2] = ["postgres", "template1"];

/// A statement about a database.
#[derive(Debug, Clone, Copy)]
pub(in crate::operations) enum Statement<'a> {
    Create(&'a str),
    Rename { from: &'a str, to: &'a str },
    Drop(&'a str),
}

/// Connects to a maintenance database of the connector's server.
pub(in crate::operations) async fn connect(connector: &Connector) -> Result<Client> {
    let [first, second] = DATABASES;
    match connector.for_database(first).connect().await {
        Err(error) if error.sql_state() == Some(&SqlState::INVALID_CATALOG_NAME) => {
            connector.for_database(second).connect().await
        }
        client => client,
    }
}

impl Statement<'_> {
    /// Runs one of the only three statements that are built at run time, because none accepts a parameter.
    ///
    /// # Errors
    /// The error of PostgreSQL; [`explain`](Self::explain) gives advice for it.
    pub(in crate::operations) async fn execute(
        self,
        client: &impl GenericClient,
    ) -> Result<(), tokio_postgres::Error> {
        let statement = match self {
            // `template0` is never changed, and no session can connect to it and block the statement.
            Self::Create(name) => format!("create database {} template template0", quoted(name)),
            Self::Rename { from, to } => {
                format!("alter database {} rename to {}", quoted(from), quoted(to))
            }
            Self::Drop(name) => format!("drop database if exists {} with (force)", quoted(name)),
        };
        client.batch_execute(&statement).await
    }

    /// The error of this statement, with advice for the operator.
    pub(in crate::operations) fn explain(self, error: tokio_postgres::Error) -> Error {
        let (verb, database) = match self {
            Self::Create(name) => ("create", name),
            Self::Rename { from, .. } => ("rename", from),
            Self::Drop(name) => ("drop", name),
        };
        let advice = match error.code() {
            Some(&SqlState::INSUFFICIENT_PRIVILEGE) => format!(
                "the account of the connection URL may not {verb} {database}: use the database's owner, \
                 with CREATEDB"
            ),
            Some(&SqlState::OBJECT_IN_USE) => format!(
                "could not {verb} {database}: its sessions did not end; `cruddur db sessions` lists them"
            ),
            _ => format!("could not {verb} {database}"),
        };
        Error::Operator(advice, Some(error.into()))
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The name of a database beside another one: `NAME_restore_1a2b3c4d`, with a `NAME` that is cut where the whole would be
/// too long.
pub(in crate::operations) fn name_beside(database: &str, purpose: &str, number: u32) -> String {
    let suffix = format!("_{purpose}_{number:08x}");
    let end = database.floor_char_boundary(MAX_NAME_BYTES - suffix.len());
    format!("{}{suffix}", &database[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_database_beside_is_one_that_postgresql_does_not_cut() {
        assert_eq!(name_beside("shop", "old", 0xab), "shop_old_000000ab");
        let long = "ä".repeat(31);
        let name = name_beside(&long, "restore", u32::MAX);
        assert!(name.starts_with("ää") && name.ends_with("_restore_ffffffff"));
        assert!(name.len() <= MAX_NAME_BYTES, "{name}");
    }
}
