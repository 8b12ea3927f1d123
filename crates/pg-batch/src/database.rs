//! The application's database: the trait that acquires and discards connections, and the lease of one connection.

use std::time::Duration;

use crate::error::{BatchError, Failure, StatementError};
use crate::queue::Event;

/// Lends connections to the batch workers, usually from a pool.
pub trait Database: Send + Sync + 'static {
    /// One session. Dropping it gives it back for the next use.
    type Connection: Send + Sync + 'static;
    /// The error of acquiring a connection and of running a statement.
    type Error: StatementError;

    /// A connection in which no transaction is open.
    fn acquire(&self) -> impl Future<Output = Result<Self::Connection, Self::Error>> + Send;

    /// Closes a connection that may still run a statement or have an open transaction. `cause` is the error of the
    /// work, or `None` where the work was dropped before it ended.
    fn discard(&self, connection: Self::Connection, cause: Option<&Self::Error>);

    /// Resolves when the database is known to be unreachable, so that the work in flight fails at once instead of at
    /// its time-out. By default it never does.
    fn unreachable(&self) -> impl Future<Output = Self::Error> + Send {
        std::future::pending()
    }

    /// Takes note of what the workers of a queue do, for metrics. By default it is ignored. It must not block.
    fn observe(&self, event: Event) {
        let _ = event;
    }

    /// How long the work of one batch may take. The connection of a batch that takes longer is discarded, so let
    /// the server's own `statement_timeout` be shorter.
    fn statement_timeout(&self) -> Duration;
}

/// A connection that is discarded unless [`release`](Self::release) gives it back.
///
/// A future may be dropped at any `.await`, in the middle of a transaction: the lease closes that connection, so
/// that the server rolls the transaction back and no other request sees it.
pub struct Lease<'d, D: Database> {
    database: &'d D,
    /// Present until the lease is released or dropped.
    connection: Option<D::Connection>,
}

impl<'d, D: Database> Lease<'d, D> {
    /// Acquires a connection.
    ///
    /// # Errors
    /// Those of [`Database::acquire`].
    pub async fn acquire(database: &'d D) -> Result<Self, D::Error> {
        let connection = database.acquire().await?;
        Ok(Self {
            database,
            connection: Some(connection),
        })
    }

    /// The leased connection.
    pub fn connection(&self) -> &D::Connection {
        self.connection
            .as_ref()
            .expect("a lease holds its connection until it ends")
    }

    /// The leased connection, for work that needs it mutable, such as a transaction of the driver.
    pub fn connection_mut(&mut self) -> &mut D::Connection {
        self.connection
            .as_mut()
            .expect("a lease holds its connection until it ends")
    }

    /// Waits for `work` on this connection, but no longer than [`Database::statement_timeout`], and not while the
    /// database is unreachable.
    ///
    /// # Errors
    /// [`BatchError::TimedOut`]; that of [`Database::unreachable`]; the error of `work`.
    pub async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, D::Error>>,
    ) -> Result<T, D::Error> {
        let timeout = self.database.statement_timeout();
        let work = tokio::time::timeout(timeout, work);
        tokio::select! {
            outcome = work => outcome.unwrap_or_else(|_| Err(BatchError::TimedOut(timeout).into())),
            error = self.database.unreachable() => Err(error),
        }
    }

    /// Ends the lease with the outcome of the work and returns that outcome. The connection is discarded where
    /// the outcome is a [`Failure::Connection`], else given back.
    ///
    /// # Errors
    /// The error of `outcome`.
    pub fn release<T>(mut self, outcome: Result<T, D::Error>) -> Result<T, D::Error> {
        let Some(connection) = self.connection.take() else {
            return outcome;
        };
        match &outcome {
            Err(error) if error.failure() == Failure::Connection => {
                self.database.discard(connection, Some(error));
            }
            _ => drop(connection),
        }
        outcome
    }
}

impl<D: Database> Drop for Lease<'_, D> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.database.discard(connection, None);
        }
    }
}
