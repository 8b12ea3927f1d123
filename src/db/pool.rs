//! The connections that requests share, and those that each kind of batch has to itself, so that no slow
//! statement holds up the feeds. While the watch says that the database is away, nobody waits for it: asking
//! fails at once, and only the prober reconnects.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

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
/// How long statements in flight may take before their database is taken away.
const PAUSE_PATIENCE: Duration = Duration::from_secs(2);
const PAUSE_POLL: Duration = Duration::from_millis(10);

/// A pool that is closed until this is dropped.
pub struct Paused(Arc<Shared>);

impl Drop for Paused {
    fn drop(&mut self) {
        self.0.is_paused.store(false, Ordering::Release);
    }
}

#[derive(Clone)]
pub struct Pool {
    connections: deadpool_postgres::Pool,
    shared: Arc<Shared>,
}

/// What all pools to one database have in common.
struct Shared {
    connector: Connector,
    health: Arc<Health>,
    is_paused: AtomicBool,
    all: Mutex<Vec<deadpool_postgres::Pool>>,
}

impl Pool {
    /// Connects to nothing yet. `size`: how many connections the requests share.
    pub fn new(connector: &Connector, size: usize, health: Arc<Health>) -> Result<Self> {
        let connector = connector.for_requests();
        let shared = Shared {
            connector: connector.clone(),
            health,
            is_paused: AtomicBool::new(false),
            all: Mutex::default(),
        };
        Self::of(connector, size, Arc::new(shared))
    }

    /// Another pool to the same database, for one kind of batch. Whatever closes or clears this one does so
    /// with that one, too.
    pub(super) fn for_batches(&self, size: usize) -> Result<Self> {
        let connector = self.shared.connector.clone().with_generic_plans();
        Self::of(connector, size, self.shared.clone())
    }

    fn of(connector: Connector, size: usize, shared: Arc<Shared>) -> Result<Self> {
        let connections = connections(connector, size)?;
        shared.all().push(connections.clone());
        Ok(Self {
            connections,
            shared,
        })
    }

    /// # Errors
    /// [`Error::Unavailable`] at once while the database is known to be away, or after a second
    /// when every connection is busy.
    pub async fn get(&self) -> Result<Connection> {
        if self.shared.is_paused.load(Ordering::Acquire) {
            return Err(Error::Unavailable("the database is being replaced", None));
        }
        if !self.shared.health.is_reachable() {
            return Err(Error::Unavailable("the database is away", None));
        }
        self.connections.get().await.map_err(|error| {
            self.shared.health.look_again();
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
            self.shared.health.look_again();
        }
        error
    }

    /// Forgets every idle connection: after an outage they may all be dead.
    pub fn clear(&self) {
        for connections in self.shared.all().iter() {
            connections.retain(|_, _| false);
        }
    }

    /// Closes the pool for as long as the returned value lives: nobody gets a connection, those in
    /// use have a moment to come back, and none is kept.
    pub async fn pause(&self) -> Paused {
        self.shared.is_paused.store(true, Ordering::Release);
        let paused = Paused(self.shared.clone());
        let deadline = Instant::now() + PAUSE_PATIENCE;
        while self.usage().0 > 0 && Instant::now() < deadline {
            tokio::time::sleep(PAUSE_POLL).await;
        }
        self.clear();
        paused
    }

    pub fn close(&self) {
        for connections in self.shared.all().iter() {
            connections.close();
        }
    }

    /// Connections in use, idle, and at most.
    pub fn usage(&self) -> (usize, usize, usize) {
        self.shared
            .all()
            .iter()
            .fold((0, 0, 0), |sum, connections| {
                let status = connections.status();
                let in_use = status.size.saturating_sub(status.available);
                (
                    sum.0 + in_use,
                    sum.1 + status.available,
                    sum.2 + status.max_size,
                )
            })
    }
}

impl Shared {
    fn all(&self) -> MutexGuard<'_, Vec<deadpool_postgres::Pool>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does `work` on a connection that is closed where the work is dropped half way or the database does not
/// answer: whatever it was in the middle of is undone, and nobody else gets it like that.
pub(super) async fn discard_on_error<T>(
    connection: Connection,
    work: impl AsyncFnOnce(&Connection) -> Result<T>,
) -> Result<T> {
    let mut lent = DiscardOnDrop(Some(connection));
    let Some(db) = &lent.0 else {
        return Err(Error::Unavailable("no connection to be had", None));
    };
    let outcome = work(db).await;
    if !matches!(outcome, Err(Error::Unavailable(..))) {
        drop(lent.0.take());
    }
    outcome
}

/// Closes what was not taken out.
struct DiscardOnDrop(Option<Connection>);

impl Drop for DiscardOnDrop {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(Connection::take(connection));
        }
    }
}

fn connections(connector: Connector, size: usize) -> Result<deadpool_postgres::Pool> {
    let config = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = Manager::from_connect(connector.driver_config().clone(), connector, config);
    deadpool_postgres::Pool::builder(manager)
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
        .map_err(|error| Error::internal("the pool cannot be built", error))
}
