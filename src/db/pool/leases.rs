//! How a pool lends its connections, and what becomes of one whose work did not end in time.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::runtime::Handle;

use super::Pool;
use crate::db::connection::{Connection, GenericClient as _};
use crate::db::connector::settings::STATEMENT_TIMEOUT;
use crate::error::{Error, Result};

/// The server cancels a slower statement first; where it does not, the connection counts as broken.
const BATCH_TIMEOUT: Duration = STATEMENT_TIMEOUT.saturating_add(Duration::from_millis(250));

impl pg_batch::Database for Pool {
    type Connection = Connection;
    type Error = Error;

    async fn acquire(&self) -> Result<Connection> {
        if self.shared.is_paused.load(Ordering::Acquire) {
            return Err(Error::Unavailable("the database is being replaced", None));
        }
        if !self.shared.health.is_reachable() {
            return Err(Error::Unavailable("the database is unreachable", None));
        }
        let status = self.connections.status();
        if status.waiting >= self.max_waiting(&status) {
            return Err(Error::Unavailable(
                "too many requests wait for a connection",
                None,
            ));
        }
        let permit = match &self.share {
            Some(share) => Some(share.acquire().await?),
            None => None,
        };
        let object = self.connections.get().await.map_err(|error| {
            self.shared.health.request_probe();
            Error::from(error)
        })?;
        let answers = self.shared.health.clone();
        let begin = self.connector.begin();
        Ok(Connection::new(object, begin, answers, permit))
    }

    /// Cancels the statement, so that PostgreSQL does not finish work that no request waits for, and closes the
    /// connection. Its place in the pool stays occupied until then: abandoned sessions never exceed the pool's size.
    fn discard(&self, connection: Connection, cause: Option<&Error>) {
        if let Some(error) = cause {
            if error.sql_state().is_none() {
                self.shared.validation.suspect_all();
                self.shared.health.suspect_writes();
            }
            self.probe_after(error);
        }
        let connector = self.shared.connector.clone();
        let is_open = !connection.is_closed();
        match Handle::try_current() {
            Ok(runtime) if is_open => {
                runtime.spawn(async move {
                    connector.cancel(connection.client()).await;
                    drop(connection.take());
                });
            }
            _ => drop(connection.take()),
        }
    }

    async fn unreachable(&self) -> Error {
        let health = &self.shared.health;
        health.wait_for(|state| !state.reachable).await;
        Error::Unavailable("the database became unreachable", None)
    }

    fn statement_timeout(&self) -> Duration {
        BATCH_TIMEOUT
    }
}
