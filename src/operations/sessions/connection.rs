//! The connection that `/admin/sessions` keeps open, so that an operator can end sessions while the database server
//! accepts no further connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio_postgres::Client;

use crate::db::{Connector, Health};
use crate::error::{Error, Result, chain};

/// The interval at which the kept connection is tested.
const TEST_INTERVAL: Duration = Duration::from_secs(2);
/// How long the test may take.
const TEST_TIMEOUT: Duration = Duration::from_secs(2);

/// A connection that requests share. It belongs to no pool.
pub struct SessionsConnection {
    connector: Connector,
    client: Mutex<Option<Arc<Client>>>,
}

impl SessionsConnection {
    /// Does not connect yet.
    pub fn new(connector: Connector) -> Self {
        Self {
            connector,
            client: Mutex::default(),
        }
    }

    /// Runs `work` on the kept connection, or on a new one if it is closed.
    ///
    /// # Errors
    /// Those of `work`; [`Error::Unavailable`] if the database cannot be reached or has not answered after `limit`.
    pub async fn run<T>(
        &self,
        limit: Duration,
        work: impl AsyncFnOnce(&Client) -> Result<T>,
    ) -> Result<T> {
        let mut used = None;
        let outcome = tokio::time::timeout(limit, async {
            let client = used.insert(self.client().await?);
            work(client).await
        });
        match outcome.await {
            Ok(outcome) => outcome,
            Err(elapsed) => {
                if let Some(used) = used {
                    self.discard(&used).await;
                }
                Err(Error::Unavailable(
                    "the database did not answer in time",
                    Some(elapsed.into()),
                ))
            }
        }
    }

    /// Opens the connection and tests it, while the database is reachable, until the task is aborted.
    pub async fn keep_open_forever(&self, health: &Health) {
        loop {
            health.wait_for(|state| state.reachable).await;
            // A pooler accepts connections whatever the number of sessions, and has better uses for one of them.
            if self.connector.pooler().is_some() {
                return;
            }
            if let Err(error) = self.test().await {
                tracing::debug!(
                    error = chain(&error),
                    "the connection for the list of sessions cannot be kept"
                );
            }
            tokio::time::sleep(TEST_INTERVAL).await;
        }
    }

    async fn test(&self) -> Result<()> {
        let client = self.client().await?;
        let tested = tokio::time::timeout(TEST_TIMEOUT, client.batch_execute("")).await;
        if !matches!(tested, Ok(Ok(()))) {
            self.discard(&client).await;
        }
        Ok(())
    }

    async fn client(&self) -> Result<Arc<Client>> {
        let mut kept = self.client.lock().await;
        match &*kept {
            Some(client) if !client.is_closed() => Ok(client.clone()),
            _ => {
                let client = Arc::new(self.connector.connect().await?);
                Ok(kept.insert(client).clone())
            }
        }
    }

    /// Closes the connection, unless another request has replaced it already.
    async fn discard(&self, used: &Arc<Client>) {
        let mut kept = self.client.lock().await;
        if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, used)) {
            *kept = None;
        }
    }
}
