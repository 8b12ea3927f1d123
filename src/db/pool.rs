//! The pool that requests share, and a separate pool for each kind of batch, so that no slow statement delays the
//! feeds. While the database is unreachable, [`Pool::get`] fails at once, and only `prober` reconnects.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, RecyclingMethod, Runtime};

use super::connector::{CONNECT_TIMEOUT, Connector, STATEMENT_TIMEOUT};
use super::health::Health;
use crate::error::{Error, Result};

/// A connection that a [`Pool`] provides; dropping it returns it to the pool.
pub type Connection = deadpool_postgres::Object;

/// How long a request waits for a connection while all are busy.
const WAIT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the test of an idle connection may take.
const RECYCLE_TIMEOUT: Duration = Duration::from_millis(250);
/// A connection that was idle for longer is tested before it is used.
const MAX_UNTESTED_IDLE: Duration = Duration::from_secs(5);
/// How often [`Pool::run`] tries work that lost a deadlock or a serialization race.
const MAX_TRIES: u32 = 3;
/// The server cancels a slower statement first; where it does not, the connection counts as broken.
const BATCH_TIMEOUT: Duration = STATEMENT_TIMEOUT.saturating_add(Duration::from_millis(250));
/// How long [`Pool::pause`] waits for statements in flight.
const PAUSE_TIMEOUT: Duration = Duration::from_secs(2);
/// The interval at which [`Pool::pause`] counts the connections in use.
const PAUSE_POLL_INTERVAL: Duration = Duration::from_millis(10);

/// While this value lives, the pool provides no connection.
pub struct Paused(Arc<Shared>);

impl Drop for Paused {
    fn drop(&mut self) {
        self.0.is_paused.store(false, Ordering::Release);
    }
}

/// Connections to one database. Clones share them.
#[derive(Clone)]
pub struct Pool {
    connections: deadpool_postgres::Pool,
    shared: Arc<Shared>,
}

/// The state that all pools to one database share.
struct Shared {
    connector: Connector,
    health: Arc<Health>,
    is_paused: AtomicBool,
    all: Mutex<Vec<deadpool_postgres::Pool>>,
}

impl Pool {
    /// Creates the pool without connecting. `size` is the largest number of connections that requests share.
    ///
    /// # Errors
    /// The pool cannot be built.
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

    /// Another pool to the same database, for one kind of batch. [`close`](Self::close), [`clear`](Self::clear) and
    /// [`pause`](Self::pause) act on both.
    ///
    /// # Errors
    /// The pool cannot be built.
    pub fn for_batches(&self, size: usize) -> Result<Self> {
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

    /// A connection that only the caller uses until it is dropped.
    ///
    /// # Errors
    /// [`Error::Unavailable`] at once while the database is unreachable or the pool is paused, and after a
    /// second when every connection is busy.
    pub async fn get(&self) -> Result<Connection> {
        if self.shared.is_paused.load(Ordering::Acquire) {
            return Err(Error::Unavailable("the database is being replaced", None));
        }
        if !self.shared.health.is_reachable() {
            return Err(Error::Unavailable("the database is unreachable", None));
        }
        self.connections.get().await.map_err(|error| {
            self.shared.health.request_probe();
            error.into()
        })
    }

    /// Runs `work` with a connection, up to three times where it is rolled back by a deadlock or a serialization race.
    ///
    /// # Errors
    /// Those of [`get`](Self::get) and of `work`.
    pub async fn run<T>(&self, work: impl AsyncFn(&mut Connection) -> Result<T>) -> Result<T> {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut connection = self.get().await?;
            match work(&mut connection).await {
                Err(error) if error.is_retryable() && tries < MAX_TRIES => {}
                outcome => return outcome.inspect_err(|error| self.probe_after(error)),
            }
        }
    }

    /// Requests a probe of the database where the error may mean an outage.
    fn probe_after(&self, error: &Error) {
        if matches!(error, Error::Unavailable(..)) {
            self.shared.health.request_probe();
        }
    }

    /// Closes every idle connection; after an outage they may all be broken.
    pub fn clear(&self) {
        for connections in self.shared.all().iter() {
            connections.retain(|_, _| false);
        }
    }

    /// Pauses the pool as long as the returned value lives: [`get`](Self::get) fails. Waits up to two seconds until the
    /// connections in use are returned, then closes the idle ones.
    pub async fn pause(&self) -> Paused {
        self.shared.is_paused.store(true, Ordering::Release);
        let paused = Paused(self.shared.clone());
        let deadline = Instant::now() + PAUSE_TIMEOUT;
        while self.usage().0 > 0 && Instant::now() < deadline {
            tokio::time::sleep(PAUSE_POLL_INTERVAL).await;
        }
        self.clear();
        paused
    }

    /// Closes the pool permanently: idle connections now, the others when they are returned.
    pub fn close(&self) {
        for connections in self.shared.all().iter() {
            connections.close();
        }
    }

    /// The numbers of connections in use, of idle connections, and of connections at most, over all pools.
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

impl pg_batch::Database for Pool {
    type Connection = Connection;
    type Error = Error;

    fn acquire(&self) -> impl Future<Output = Result<Connection>> + Send {
        self.get()
    }

    fn discard(&self, connection: Connection, cause: Option<&Error>) {
        drop(Connection::take(connection));
        if let Some(error) = cause {
            self.probe_after(error);
        }
    }

    fn statement_timeout(&self) -> Duration {
        BATCH_TIMEOUT
    }
}

impl Shared {
    fn all(&self) -> MutexGuard<'_, Vec<deadpool_postgres::Pool>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
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
            let idle = metrics.last_used();
            Box::pin(async move {
                if idle > MAX_UNTESTED_IDLE {
                    client.simple_query("").await.map_err(HookError::Backend)?;
                }
                Ok(())
            })
        }))
        .build()
        .map_err(|error| Error::internal("the pool cannot be built", error))
}
