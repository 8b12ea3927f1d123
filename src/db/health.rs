//! The state of the database as the server knows it: reachable or not, its schema, its stamp. `prober` determines it;
//! the pool and the readiness check read it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, watch};

use super::pooler::Pooler;
use super::schema::Schema;
use crate::config::Environment;

/// How long a request waits for the first probe after the start.
const MAX_WAIT_FOR_FIRST_PROBE: Duration = Duration::from_secs(1);

/// The state of the database at the latest probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Whether a probe has ended since the process started.
    pub probed: bool,
    /// Whether the database answers and accepts writes.
    pub reachable: bool,
    /// Whether it commits writes in time: false while a synchronous standby, which must confirm them, does not answer.
    pub writable: bool,
    /// The pooler in front of it, if that loses prepared statements, so that no request can be served.
    pub losing_statements: Option<Pooler>,
    /// Its schema, compared with the program's migrations.
    pub schema: Schema,
    /// The database's stamp; `None` without one, and while the schema is not current.
    pub environment: Option<Environment>,
}

impl State {
    /// The state behind a pooler that loses prepared statements, which hides the schema, too.
    pub(super) fn losing_statements(pooler: Pooler) -> Self {
        Self {
            probed: true,
            reachable: true,
            writable: true,
            losing_statements: Some(pooler),
            schema: Schema::Unknown,
            environment: None,
        }
    }
}

/// The latest [`State`], shared by the whole process, and the requests for a new probe.
pub struct Health {
    state: watch::Sender<State>,
    probe_requested: Notify,
    reconnect_requested: Notify,
    /// Whether the next probe writes, because a statement did not end in time.
    writes_suspected: AtomicBool,
    /// Whether the next probe tests the pooler, because a prepared statement was missing.
    pooler_suspected: AtomicBool,
    started: Instant,
    /// When work on a connection of a pool last ended in time, in milliseconds since the start.
    answered: AtomicU64,
    /// Whether migrations or seeds are still running.
    held: AtomicBool,
}

impl Health {
    /// The database counts as unreachable until a probe succeeds.
    pub fn new() -> Arc<Self> {
        let unknown = State {
            probed: false,
            reachable: false,
            writable: false,
            losing_statements: None,
            schema: Schema::Unknown,
            environment: None,
        };
        Arc::new(Self {
            state: watch::Sender::new(unknown),
            probe_requested: Notify::new(),
            reconnect_requested: Notify::new(),
            writes_suspected: AtomicBool::new(false),
            pooler_suspected: AtomicBool::new(false),
            started: Instant::now(),
            answered: AtomicU64::new(0),
            held: AtomicBool::new(false),
        })
    }

    /// For a program without a prober: the database counts as reachable, and a statement fails where it is not.
    pub fn unwatched() -> Arc<Self> {
        let health = Self::new();
        health.state.send_modify(|state| state.reachable = true);
        health
    }

    /// Makes [`is_ready`](Self::is_ready) return false until [`release`](Self::release), whatever the probes find.
    pub fn hold(&self) {
        self.held.store(true, Ordering::Release);
    }

    /// Ends [`hold`](Self::hold) and requests a probe.
    pub fn release(&self) {
        self.held.store(false, Ordering::Release);
        self.request_probe();
    }

    /// The state at the latest probe.
    pub fn state(&self) -> State {
        *self.state.borrow()
    }

    /// Stores the state that a probe found and returns the previous one.
    pub(super) fn replace(&self, found: State) -> State {
        self.state.send_replace(found)
    }

    /// Marks the database as unreachable: a probe failed, or an operation is about to replace it.
    pub fn mark_unreachable(&self) {
        self.state.send_modify(|state| {
            state.probed = true;
            state.reachable = false;
        });
    }

    /// The time since this process started.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether the latest probe reached the database.
    pub fn is_reachable(&self) -> bool {
        self.state.borrow().reachable
    }

    /// Whether the database is reachable and keeps prepared statements, its schema has all of this program's migrations
    /// and admits this release, and no [`hold`](Self::hold) is active.
    pub fn is_ready(&self) -> bool {
        let state = self.state.borrow();
        state.reachable
            && state.losing_statements.is_none()
            && state.schema == Schema::Current
            && !self.held.load(Ordering::Acquire)
    }

    /// Like [`is_ready`](Self::is_ready), but before the first probe has ended waits up to a second for it. A server
    /// that has just started then serves its first requests instead of refusing them.
    pub async fn is_ready_after_first_probe(&self) -> bool {
        if self.is_ready() {
            return true;
        }
        if !self.state().probed {
            let probed = self.wait_for(|state| state.probed);
            // Without a probe in time the server is not ready.
            let _ = tokio::time::timeout(MAX_WAIT_FOR_FIRST_PROBE, probed).await;
        }
        self.is_ready()
    }

    /// Makes the probes write until a write is committed in time. Call it when a statement did not end in time.
    pub(super) fn suspect_writes(&self) {
        self.writes_suspected.store(true, Ordering::Release);
    }

    pub(super) fn trust_writes(&self) {
        self.writes_suspected.store(false, Ordering::Release);
    }

    pub(super) fn are_writes_suspected(&self) -> bool {
        self.writes_suspected.load(Ordering::Acquire)
    }

    /// Notes that the database has just answered a request.
    pub(super) fn note_answer(&self) {
        self.answered.store(self.millis(), Ordering::Relaxed);
    }

    /// Whether it has answered a request in the last `period`.
    pub(super) fn has_answered_within(&self, period: Duration) -> bool {
        let period = u64::try_from(period.as_millis()).unwrap_or(u64::MAX);
        self.answered.load(Ordering::Relaxed).saturating_add(period) >= self.millis()
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Makes the next probe test the pooler. Call it when a prepared statement was missing.
    pub(super) fn suspect_pooler(&self) {
        self.pooler_suspected.store(true, Ordering::Release);
    }

    /// Whether [`suspect_pooler`](Self::suspect_pooler) was called since the last call.
    pub(super) fn take_pooler_suspicion(&self) -> bool {
        self.pooler_suspected.swap(false, Ordering::AcqRel)
    }

    /// Requests a probe now. Call it when a statement finds a broken connection or the schema has changed.
    pub fn request_probe(&self) {
        self.probe_requested.notify_one();
    }

    /// Requests a new attempt to connect. Call it when the network path to the database has changed, because the
    /// current attempt would only time out.
    pub fn request_reconnect(&self) {
        self.reconnect_requested.notify_one();
    }

    pub(super) fn probe_requested(&self) -> Notified<'_> {
        self.probe_requested.notified()
    }

    pub(super) fn reconnect_requested(&self) -> Notified<'_> {
        self.reconnect_requested.notified()
    }

    /// Returns when a probe has found a state for which `condition` is true.
    pub async fn wait_for(&self, condition: impl FnMut(&State) -> bool) {
        // The sender lives as long as `self`, so this cannot fail.
        let _ = self.state.subscribe().wait_for(condition).await;
    }
}
