//! The connections that requests share. While the watch says that the database is away, nobody
//! waits for it: asking fails at once, and only the prober reconnects.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, RecyclingMethod, Runtime};

use super::connector::{CONNECT_TIMEOUT, Connector};
use super::health::Health;
use crate::error::{Error, Result};

pub type Connection = deadpool_postgres::Object;

/// How long a request waits for a connection while all are busy.
const WAIT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the question to an idle connection may take.
const RECYCLE_TIMEOUT: Duration = Duration::from_millis(250);
/// A connection that rested for longer is asked whether it still lives.
const TRUSTED_FOR: Duration = Duration::from_secs(5);
/// How often work that lost a deadlock is tried.
const TRIES: u32 = 3;

#[derive(Clone)]
pub struct Pool {
    connections: deadpool_postgres::Pool,
    health: Arc<Health>,
}

impl Pool {
    /// Connects to nothing yet.
    pub fn new(connector: &Connector, size: usize, health: Arc<Health>) -> Result<Self> {
        let connector = connector.for_requests();
        let config = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = Manager::from_connect(connector.driver_config().clone(), connector, config);
        let connections = deadpool_postgres::Pool::builder(manager)
            .runtime(Runtime::Tokio1)
            .max_size(size)
            .wait_timeout(Some(WAIT_TIMEOUT))
            .create_timeout(Some(CONNECT_TIMEOUT))
            .recycle_timeout(Some(RECYCLE_TIMEOUT))
            .pre_recycle(Hook::async_fn(|client, metrics| {
                let rested = metrics.last_used();
                Box::pin(async move {
                    if rested > TRUSTED_FOR {
                        client.simple_query("").await.map_err(HookError::Backend)?;
                    }
                    Ok(())
                })
            }))
            .build()
            .map_err(|error| Error::internal("the pool cannot be built", error))?;
        Ok(Self {
            connections,
            health,
        })
    }

    /// # Errors
    /// [`Error::Unavailable`] at once while the database is known to be away, or after a second
    /// when every connection is busy.
    pub async fn get(&self) -> Result<Connection> {
        if !self.health.is_reachable() {
            return Err(Error::Unavailable("the database is away", None));
        }
        self.connections.get().await.map_err(|error| {
            self.health.look_again();
            error.into()
        })
    }

    /// Does `work` with a connection, and again when it lost a deadlock: of a statement that
    /// failed so, nothing happened.
    pub async fn run<T>(&self, work: impl AsyncFn(&mut Connection) -> Result<T>) -> Result<T> {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut connection = self.get().await?;
            match work(&mut connection).await {
                Err(error) if error.is_retryable() && tries < TRIES => {}
                outcome => return outcome.map_err(|error| self.noticed(error)),
            }
        }
    }

    /// Passes the error on; one that may mean an outage makes the watch look now.
    pub(super) fn noticed(&self, error: Error) -> Error {
        if matches!(error, Error::Unavailable(..)) {
            self.health.look_again();
        }
        error
    }

    /// Forgets every idle connection: after an outage they may all be dead.
    pub fn clear(&self) {
        self.connections.retain(|_, _| false);
    }

    pub fn close(&self) {
        self.connections.close();
    }

    /// Connections in use, idle, and at most.
    pub fn usage(&self) -> (usize, usize, usize) {
        let status = self.connections.status();
        let in_use = status.size.saturating_sub(status.available);
        (in_use, status.available, status.max_size)
    }
}
