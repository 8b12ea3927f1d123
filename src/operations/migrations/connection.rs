//! The connection on which refinery applies migrations. Each migration is a transaction with settings of its own, which
//! leaves none behind in the session, and which waits its turn for locks: a statement that waits for the lock of a table
//! blocks every later statement on that table, so it gives up after a second and the migration is tried again.

use std::time::Duration;

use refinery::{AsyncMigrate, Migration};
use refinery_core::traits::r#async::{AsyncQuery, AsyncTransaction};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, IsolationLevel, Transaction};

use crate::operations::poll::Poll;

/// How long a migration waits for one lock before it is rolled back.
const LOCK_TIMEOUT: &str = "1s";
/// The pause before it is tried again, in which the statements that waited behind it run.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a migration is tried again.
const PATIENCE: Duration = Duration::from_secs(600);

/// A connection and the settings of its migrations.
pub(super) struct MigrationConnection<'a> {
    pub client: &'a mut Client,
    /// The environment with which a new database is stamped.
    pub environment: &'a str,
    /// What to do with the prototype's expired activities: `keep`, `purge` or nothing.
    pub expired: &'a str,
}

impl MigrationConnection<'_> {
    /// Begins a transaction with the settings.
    pub(super) async fn begin(&mut self) -> Result<Transaction<'_>, Error> {
        let transaction = self
            .client
            .build_transaction()
            .isolation_level(IsolationLevel::ReadCommitted)
            .start()
            .await?;
        transaction
            .query_one(
                include_str!("../sql/set_migration_settings.sql"),
                &[&self.environment, &self.expired, &LOCK_TIMEOUT],
            )
            .await?;
        Ok(transaction)
    }

    async fn execute_once(&mut self, statements: &[&str]) -> Result<usize, Error> {
        let transaction = self.begin().await?;
        for statement in statements {
            transaction.batch_execute(statement).await?;
        }
        transaction.commit().await?;
        Ok(statements.len())
    }
}

impl AsyncTransaction for MigrationConnection<'_> {
    type Error = Error;

    async fn execute<'a, T: Iterator<Item = &'a str> + Send + 'a>(
        &'a mut self,
        queries: T,
    ) -> Result<usize, Error> {
        let statements: Vec<&str> = queries.collect();
        let poll = Poll::every(PAUSE, PATIENCE);
        let mut announced = false;
        loop {
            match self.execute_once(&statements).await {
                Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                    if !announced {
                        tracing::info!(
                            "a migration waits for a lock that another transaction holds; \
                             `cruddur db sessions` shows which"
                        );
                        announced = true;
                    }
                    if !poll.wait().await {
                        return Err(error);
                    }
                }
                outcome => return outcome,
            }
        }
    }
}

impl AsyncQuery<Vec<Migration>> for MigrationConnection<'_> {
    async fn query<'a>(&'a mut self, query: &'a str) -> Result<Vec<Migration>, Error> {
        AsyncQuery::query(self.client, query).await
    }
}

impl AsyncMigrate for MigrationConnection<'_> {}
