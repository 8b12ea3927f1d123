//! A database without a server: it counts its connections, and statements wait until the test opens the gate.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pg_batch::{BatchError, Database, Event, Failure, StatementError};
use tokio::sync::{Mutex, Semaphore};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    Batch(BatchError),
    Failed(Failure),
}

impl From<BatchError> for Error {
    fn from(error: BatchError) -> Self {
        Self::Batch(error)
    }
}

impl StatementError for Error {
    fn failure(&self) -> Failure {
        match self {
            Self::Batch(BatchError::TimedOut(_)) => Failure::Connection,
            Self::Batch(_) => Failure::Statement,
            Self::Failed(failure) => *failure,
        }
    }

    fn shared(self) -> impl Fn() -> Self {
        move || self.clone()
    }
}

/// Clones share the counters and the gate.
#[derive(Clone)]
pub struct FakeDatabase(Arc<State>);

pub struct State {
    gate: Semaphore,
    statement_timeout: Duration,
    pub acquired: AtomicUsize,
    pub discarded: AtomicUsize,
    /// The items of each statement, in the order in which the statements began.
    pub statements: Mutex<Vec<Vec<u32>>>,
    events: std::sync::Mutex<Vec<Event>>,
}

impl FakeDatabase {
    /// Statements run at once.
    pub fn open() -> Self {
        let database = Self::closed();
        database.0.gate.add_permits(Semaphore::MAX_PERMITS / 2);
        database
    }

    /// Statements wait until [`let_through`](Self::let_through).
    pub fn closed() -> Self {
        Self::closed_with_timeout(Duration::from_secs(10))
    }

    /// Like [`closed`](Self::closed), with another time-out for statements.
    pub fn closed_with_timeout(statement_timeout: Duration) -> Self {
        Self(Arc::new(State {
            gate: Semaphore::new(0),
            statement_timeout,
            acquired: AtomicUsize::new(0),
            discarded: AtomicUsize::new(0),
            statements: Mutex::default(),
            events: std::sync::Mutex::default(),
        }))
    }

    /// Lets so many waiting or future statements finish.
    pub fn let_through(&self, statements: usize) {
        self.0.gate.add_permits(statements);
    }

    pub async fn statements(&self) -> Vec<Vec<u32>> {
        self.0.statements.lock().await.clone()
    }

    pub fn events(&self) -> Vec<Event> {
        self.0.events.lock().expect("no panic").clone()
    }

    pub fn acquired(&self) -> usize {
        self.0.acquired.load(Ordering::Relaxed)
    }

    pub fn discarded(&self) -> usize {
        self.0.discarded.load(Ordering::Relaxed)
    }

    /// Returns when so many statements have begun.
    pub async fn begun(&self, statements: usize) {
        while self.0.statements.lock().await.len() < statements {
            tokio::task::yield_now().await;
        }
    }
}

/// A connection of the fake; it records the statements.
pub struct Connection(Arc<State>);

impl Connection {
    pub async fn run(&self, items: Vec<u32>) {
        self.0.statements.lock().await.push(items);
        self.0.gate.acquire().await.expect("an open gate").forget();
    }
}

impl Database for FakeDatabase {
    type Connection = Connection;
    type Error = Error;

    async fn acquire(&self) -> Result<Connection, Error> {
        self.0.acquired.fetch_add(1, Ordering::Relaxed);
        Ok(Connection(self.0.clone()))
    }

    fn discard(&self, _: Connection, _: Option<&Error>) {
        self.0.discarded.fetch_add(1, Ordering::Relaxed);
    }

    fn observe(&self, event: Event) {
        self.0.events.lock().expect("no panic").push(event);
    }

    fn statement_timeout(&self) -> Duration {
        self.0.statement_timeout
    }
}
