//! The pool that requests share, and a separate pool for each kind of batch, so that no slow statement delays the
//! feeds. While the database is unreachable, acquiring a connection fails at once, and only `prober` reconnects.
//!
//! Work that ends in time gives its connection back. Work that is dropped or takes too long does not: the pool cancels
//! its statement and closes the connection. `validation` decides which idle connections are used again.

mod leases;
mod share;
mod usage;
mod validation;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::{Hook, Manager, ManagerConfig, RecyclingMethod, Runtime, Status};
use pg_batch::Lease;

use super::connection::Connection;
use super::connector::{CONNECT_TIMEOUT, Connector};
use super::health::Health;
use super::metrics::{DatabaseMetrics, PoolMetrics};
use super::pooler::is_lost_statement;
use crate::error::{Error, Result};
use share::{MAX_WAITING, Share, WAIT_TIMEOUT};
use validation::Validation;

/// A request that would have to wait longer, judged by the recent work, is refused at once: a longer queue serves no
/// more requests and only delays the refusals. Half of [`WAIT_TIMEOUT`], so that few requests wait in vain.
const MAX_EXPECTED_WAIT: Duration = Duration::from_millis(250);
/// The weight of the latest work in the average, as a divisor.
const AVERAGE_OVER: u64 = 8;
/// The name in the metrics of the pool that requests share.
const SHARED: &str = "requests";
/// How often [`Pool::run`] tries work that lost a deadlock or a serialization race.
const MAX_TRIES: u32 = 3;
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
    connector: Connector,
    /// Of connections that all pools have together, where they are bounded.
    share: Option<Share>,
    /// How long recent work held its connection, on average, in microseconds.
    average_use: Arc<AtomicU64>,
    metrics: PoolMetrics,
    shared: Arc<Shared>,
}

/// The state that all pools to one database share.
struct Shared {
    connector: Connector,
    health: Arc<Health>,
    is_paused: AtomicBool,
    validation: Arc<Validation>,
    /// The connections that all pools have together, and their number, where they are bounded.
    bounded: Option<(deadpool_postgres::Pool, usize)>,
    /// Every pool with its name.
    all: Mutex<Vec<(&'static str, deadpool_postgres::Pool)>>,
    metrics: DatabaseMetrics,
}

impl Pool {
    /// Creates the pool without connecting. `size` is the largest number of connections that requests share.
    ///
    /// # Errors
    /// The pool cannot be built.
    pub fn new(connector: &Connector, size: usize, health: Arc<Health>) -> Result<Self> {
        Self::limited(connector, size, None, health, DatabaseMetrics::default())
    }

    /// Like [`new`](Self::new), with at most `max` connections in this pool and those that are made from it together.
    ///
    /// # Errors
    /// The pool cannot be built.
    pub fn limited(
        connector: &Connector,
        size: usize,
        max: Option<usize>,
        health: Arc<Health>,
        metrics: DatabaseMetrics,
    ) -> Result<Self> {
        let mut connector = connector.for_requests();
        let validation: Arc<Validation> = Arc::default();
        let bounded = match max {
            Some(max) => {
                // Each kind of work has settings of its own on the same connections.
                connector = connector.with_settings_in_transactions();
                Some((
                    connections(connector.clone(), max, validation.clone())?,
                    max,
                ))
            }
            None => None,
        };
        let all = bounded
            .iter()
            .map(|(connections, _)| (SHARED, connections.clone()));
        let shared = Shared {
            all: Mutex::new(all.collect()),
            connector: connector.clone(),
            health,
            is_paused: AtomicBool::new(false),
            validation,
            bounded,
            metrics,
        };
        Self::of(SHARED, connector, size, Arc::new(shared))
    }

    /// Another pool to the same database, for one kind of batch or for searches, with generic plans.
    /// [`close`](Self::close), [`retire_all`](Self::retire_all) and [`pause`](Self::pause) act on both. `name` is the one in
    /// the metrics.
    ///
    /// # Errors
    /// The pool cannot be built.
    pub fn for_batches(&self, name: &'static str, size: usize) -> Result<Self> {
        let connector = self.shared.connector.clone().with_generic_plans();
        Self::of(name, connector, size, self.shared.clone())
    }

    /// Another pool to the same database, for one kind of request that must not wait for the others.
    ///
    /// # Errors
    /// The pool cannot be built.
    pub fn for_requests(&self, name: &'static str, size: usize) -> Result<Self> {
        Self::of(
            name,
            self.shared.connector.clone(),
            size,
            self.shared.clone(),
        )
    }

    /// The same connections, for a purge. Its tables are often empty, and a plan that PostgreSQL makes then would scan
    /// them for each batch when they have filled. Each statement is a transaction that turns sequential scans off.
    #[must_use]
    pub fn for_purge(&self) -> Self {
        let connector = self.connector.clone().without_sequential_scans();
        Self {
            connector: connector.with_settings_in_transactions(),
            ..self.clone()
        }
    }

    fn of(
        name: &'static str,
        connector: Connector,
        size: usize,
        shared: Arc<Shared>,
    ) -> Result<Self> {
        let (connections, share) = match &shared.bounded {
            Some((connections, max)) => (connections.clone(), Some(Share::new(size, *max))),
            None => {
                let validation = shared.validation.clone();
                let connections = connections(connector.clone(), size, validation)?;
                shared.all().push((name, connections.clone()));
                (connections, None)
            }
        };
        Ok(Self {
            connections,
            connector,
            share,
            average_use: Arc::default(),
            metrics: shared.metrics.of_pool(name),
            shared,
        })
    }

    /// Runs `work` with a connection that no other request uses, up to three times where it is rolled back by a deadlock
    /// or a serialization race. `work` must not leave a transaction open.
    ///
    /// # Errors
    /// [`Error::Unavailable`] at once while the database is unreachable, the pool is paused, or too many requests wait
    /// for a connection; after half a second without a free connection; where `work` takes too long. The error of
    /// `work`.
    pub async fn run<T>(&self, work: impl AsyncFn(&Connection) -> Result<T>) -> Result<T> {
        let mut tries = 0;
        loop {
            tries += 1;
            let lease = Lease::acquire(self).await?;
            let started = Instant::now();
            let outcome = lease.in_time(work(lease.connection())).await;
            self.count_use(started.elapsed());
            match lease.release(outcome) {
                Err(error) if error.is_retryable() && tries < MAX_TRIES => {}
                outcome => return outcome,
            }
        }
    }

    /// Adds the time that work held its connection to the average. Concurrent calls may lose one of the times.
    fn count_use(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let average = self.average_use.load(Ordering::Relaxed);
        let changed = average - average / AVERAGE_OVER + took / AVERAGE_OVER;
        self.average_use.store(changed, Ordering::Relaxed);
    }

    /// How many requests may wait: as many as the pool serves within [`MAX_EXPECTED_WAIT`], and one for each connection.
    fn max_waiting(&self, status: &Status) -> usize {
        let average_use = u128::from(self.average_use.load(Ordering::Relaxed).max(1));
        let turns = MAX_EXPECTED_WAIT.as_micros() / average_use;
        let turns = usize::try_from(turns).unwrap_or(usize::MAX).max(1);
        turns.saturating_mul(status.max_size).min(MAX_WAITING)
    }

    /// Requests a probe of the database where the error may mean an outage.
    fn probe_after(&self, error: &Error) {
        if error.sql_state().is_some_and(is_lost_statement) {
            self.shared.health.suspect_pooler();
        }
        if matches!(error, Error::Unavailable(..)) {
            self.shared.health.request_probe();
        }
    }

    /// Closes every connection: the idle ones now, the others when they are returned. After an outage any of them may
    /// be broken.
    pub fn retire_all(&self) {
        self.shared.validation.retire_all();
        for (_, connections) in self.shared.all().iter() {
            connections.retain(|_, _| false);
        }
    }

    /// Tests every connection before its next use.
    pub(super) fn suspect_all(&self) {
        self.shared.validation.suspect_all();
    }

    /// Pauses the pool as long as the returned value lives: no request acquires a connection. Waits up to two seconds
    /// until the connections in use are returned, then closes them.
    pub async fn pause(&self) -> Paused {
        self.shared.is_paused.store(true, Ordering::Release);
        let paused = Paused(self.shared.clone());
        let deadline = Instant::now() + PAUSE_TIMEOUT;
        while self.usage().0 > 0 && Instant::now() < deadline {
            tokio::time::sleep(PAUSE_POLL_INTERVAL).await;
        }
        self.retire_all();
        paused
    }

    /// Closes the pool permanently: idle connections now, the others when they are returned.
    pub fn close(&self) {
        for (_, connections) in self.shared.all().iter() {
            connections.close();
        }
    }
}

impl Shared {
    fn all(&self) -> MutexGuard<'_, Vec<(&'static str, deadpool_postgres::Pool)>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn connections(
    connector: Connector,
    size: usize,
    validation: Arc<Validation>,
) -> Result<deadpool_postgres::Pool> {
    let config = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = Manager::from_connect(connector.driver_config().clone(), connector, config);
    deadpool_postgres::Pool::builder(manager)
        .runtime(Runtime::Tokio1)
        .max_size(size)
        .wait_timeout(Some(WAIT_TIMEOUT))
        .create_timeout(Some(CONNECT_TIMEOUT))
        .pre_recycle(Hook::async_fn(move |client, metrics| {
            let validation = validation.clone();
            Box::pin(async move { validation.validate(client, metrics).await })
        }))
        .build()
        .map_err(|error| Error::internal("the pool cannot be built", error))
}
