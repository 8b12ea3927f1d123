//! A database that is built beside the one that it replaces and then takes its name. Until then the old
//! database serves its sessions, and after a failure it is as it was.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::sleep;
use tokio_postgres::Client;

use crate::config::Environment;
use crate::db::Connector;
use crate::error::{Error, Result, chain};
use crate::operations::database::maintenance::{self, Statement};
use crate::operations::guard::{self, DatabaseState};

/// The interval at which sessions are terminated while the database is renamed.
const INTERVAL: Duration = Duration::from_millis(50);

/// The database beside, and the names that both have before and after the swap.
pub(super) struct Replacement<'a> {
    replaced: &'a Connector,
    beside: Connector,
    /// The name of the replaced database between the swap and its drop.
    old_name: String,
}

impl<'a> Replacement<'a> {
    /// Creates an empty database beside that of `replaced`.
    ///
    /// # Errors
    /// An account without `CREATEDB`; a server that is unreachable.
    pub(super) async fn create(replaced: &'a Connector) -> Result<Self> {
        let number = rand::random();
        let name = |purpose| maintenance::name_beside(replaced.database(), purpose, number);
        let replacement = Self {
            replaced,
            beside: replaced.for_database(&name("restore")),
            old_name: name("old"),
        };
        let client = maintenance::connect(replaced).await?;
        let create = Statement::Create(replacement.beside.database());
        let created = create.execute(&client).await;
        created.map_err(|error| create.explain(error))?;
        Ok(replacement)
    }

    /// Connects to the database beside.
    pub(super) fn connector(&self) -> &Connector {
        &self.beside
    }

    /// Stamps the database beside as the one that it replaces, and returns its stamp. Without one, a database of
    /// `PROD_CONNECTION_URL` is stamped `production`, and any other keeps the stamp of its archive.
    ///
    /// # Errors
    /// A database without a stamp in place of one with a stamp.
    pub(super) async fn keep_stamp(&self, found: DatabaseState) -> Result<Option<Environment>> {
        let restored = guard::inspect(&self.beside).await?.environment();
        let stamp = match (found.environment(), restored) {
            (Some(stamp), None) => {
                return Err(Error::operator(format!(
                    "the backup is not one of a stamped database, but {} is stamped {stamp}; drop it first to \
                     replace it by another program's or the prototype's",
                    self.replaced.database()
                )));
            }
            (None, Some(_)) if self.replaced.is_prod() => Environment::Production,
            (Some(stamp), Some(_)) => stamp,
            (None, restored) => return Ok(restored),
        };
        let client = self.beside.connect().await?;
        client
            .execute(
                include_str!("../sql/update_environment.sql"),
                &[&stamp.as_str()],
            )
            .await?;
        Ok(Some(stamp))
    }

    /// Gives the database beside the name of the replaced one and ends the sessions of both. One transaction renames
    /// both, so it is done or not done; PostgreSQL waits at most five seconds for each lock and for the sessions.
    ///
    /// # Errors
    /// Sessions that do not end; an account that does not own the database. Nothing is changed then.
    pub(super) async fn swap(&self, found: DatabaseState) -> Result<()> {
        let mut client = maintenance::connect(self.replaced).await?;
        let terminator = maintenance::connect(self.replaced).await?;
        // The statement that renames keeps new sessions out, then waits for the ends of the present ones.
        tokio::select! {
            swapped = self.rename(&mut client, found) => swapped,
            never = self.terminate_sessions(&terminator) => match never {},
        }
    }

    async fn rename(&self, client: &mut Client, found: DatabaseState) -> Result<()> {
        let (name, beside) = (self.replaced.database(), self.beside.database());
        let transaction = client.transaction().await?;
        transaction
            .query_one(include_str!("../sql/set_lock_timeout.sql"), &[&"5s"])
            .await?;
        let aside = Statement::Rename {
            from: name,
            to: &self.old_name,
        };
        let into_place = Statement::Rename {
            from: beside,
            to: name,
        };
        for statement in [
            (found != DatabaseState::Missing).then_some(aside),
            Some(into_place),
        ]
        .into_iter()
        .flatten()
        {
            let renamed = statement.execute(&transaction).await;
            renamed.map_err(|error| statement.explain(error))?;
        }
        transaction.commit().await?;
        Ok(())
    }

    async fn terminate_sessions(&self, client: &Client) -> Infallible {
        let names = [self.replaced.database(), self.beside.database()];
        loop {
            // Where a session cannot be terminated, the statement that renames fails and says so.
            let _ = client
                .query(
                    include_str!("../sql/terminate_sessions.sql"),
                    &[&names.as_slice()],
                )
                .await;
            sleep(INTERVAL).await;
        }
    }

    /// Drops the database that was replaced, after the swap.
    ///
    /// # Errors
    /// The database is left under another name, which the error tells.
    pub(super) async fn drop_replaced(&self) -> Result<()> {
        self.drop(&self.old_name).await.map_err(|error| {
            let advice = format!(
                "the restore is done, but the database that it replaced is left as {}; drop it",
                self.old_name
            );
            Error::Operator(advice, Some(error.into()))
        })
    }

    /// Drops the database beside after `failure`, which is returned.
    pub(super) async fn discard(&self, failure: Error) -> Error {
        let beside = self.beside.database();
        match self.drop(beside).await {
            Ok(()) => failure,
            Err(error) => {
                let advice = format!(
                    "{}; the incomplete database {beside} is left ({}); drop it",
                    chain(&failure),
                    chain(&error)
                );
                Error::operator(advice)
            }
        }
    }

    async fn drop(&self, name: &str) -> Result<()> {
        let client = maintenance::connect(self.replaced).await?;
        let statement = Statement::Drop(name);
        let dropped = statement.execute(&client).await;
        dropped.map_err(|error| statement.explain(error))
    }
}
