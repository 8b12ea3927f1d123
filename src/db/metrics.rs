//! The metrics of the database's pools, statements and batches, and of its schema.

use std::time::{Duration, Instant};

use pg_batch::Event;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use super::health::Health;
use super::schema::Schema;
use crate::metrics::{Catalogue, Counters, Gauges, Histograms, create_series, histograms};

/// Upper bounds in seconds. PostgreSQL's time-out of a statement is below the last one.
const SECONDS: [f64; 13] = [
    0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 3.0,
];
/// Upper bounds of the number of requests in a batch.
const REQUESTS: [f64; 11] = [
    1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0,
];

/// The metrics of one database; clones share them.
#[derive(Clone)]
pub struct DatabaseMetrics {
    up: Gauge,
    in_use: Gauge,
    idle: Gauge,
    max: Gauge,
    waiting: Gauges,
    acquired: Histograms,
    refused: Counters,
    statements: Histograms,
    batch_requests: Histograms,
    batch_duration: Histograms,
    in_flight: Gauges,
    batch_refused: Counters,
    schema_current: Gauge,
    pending: Gauge,
}

impl Default for DatabaseMetrics {
    fn default() -> Self {
        let [up, in_use, idle, max, schema_current, pending] =
            [const { || Gauge::<i64>::default() }; 6].map(|new| new());
        Self {
            up,
            in_use,
            idle,
            max,
            waiting: Gauges::default(),
            acquired: histograms(|| Histogram::new(SECONDS)),
            refused: Counters::default(),
            statements: histograms(|| Histogram::new(SECONDS)),
            batch_requests: histograms(|| Histogram::new(REQUESTS)),
            batch_duration: histograms(|| Histogram::new(SECONDS)),
            in_flight: Gauges::default(),
            batch_refused: Counters::default(),
            schema_current,
            pending,
        }
    }
}

impl DatabaseMetrics {
    /// Adds every metric to the catalogue.
    pub fn register(&self, catalogue: &mut Catalogue) {
        for reason in Refused::ALL {
            create_series(&self.refused, &[("reason", reason.as_str())]);
        }
        catalogue.begin_section("Database");
        let up = "1 while the database is reachable";
        catalogue.add("database_up", &[], up, self.up.clone());
        let in_use = "Connections of all pools that are in use";
        catalogue.add(
            "database_connections_in_use",
            &[],
            in_use,
            self.in_use.clone(),
        );
        let idle = "Connections of all pools that are idle";
        catalogue.add("database_connections_idle", &[], idle, self.idle.clone());
        let max = "Connections that all pools have at most";
        catalogue.add("database_connections_max", &[], max, self.max.clone());
        catalogue.add(
            "database_requests_waiting",
            &["pool"],
            "Requests that wait for a connection of the pool",
            self.waiting.clone(),
        );
        catalogue.add_seconds(
            "database_acquire_duration",
            &["pool"],
            "Time until a request got a connection of the pool",
            self.acquired.clone(),
        );
        catalogue.add(
            "database_refusals",
            &["reason"],
            "Requests that got no connection: `unreachable`, `paused`, `queue_full` or `timed_out`",
            self.refused.clone(),
        );
        catalogue.add_seconds(
            "database_round_trip_duration",
            &["pool"],
            "Time from sending a statement to its result; `_count` is the number of round trips",
            self.statements.clone(),
        );
        catalogue.add(
            "migrations_pending",
            &[],
            "Migrations that `cruddur db migrate` would apply",
            self.pending.clone(),
        );
        catalogue.add(
            "schema_current",
            &[],
            "1 while the schema has every migration of this release and admits it",
            self.schema_current.clone(),
        );
        self.register_batches(catalogue);
    }

    fn register_batches(&self, catalogue: &mut Catalogue) {
        catalogue.begin_section("Batches");
        catalogue.add(
            "batch_requests",
            &["batch"],
            "Requests that one statement served",
            self.batch_requests.clone(),
        );
        catalogue.add_seconds(
            "batch_duration",
            &["batch"],
            "Time from taking a batch to its last response",
            self.batch_duration.clone(),
        );
        catalogue.add(
            "batch_in_flight",
            &["batch"],
            "Requests that wait for a batch or are served by one, at the begin or the end of the latest batch",
            self.in_flight.clone(),
        );
        catalogue.add(
            "batch_refusals",
            &["batch"],
            "Requests that were refused because the queue was full",
            self.batch_refused.clone(),
        );
    }

    /// Sets the numbers of connections in use, idle, and at most.
    pub(super) fn set_usage(&self, (in_use, idle, max): (usize, usize, usize)) {
        self.in_use.set(number(in_use));
        self.idle.set(number(idle));
        self.max.set(number(max));
    }

    /// Sets the number of requests that wait for a connection of the pool.
    pub(super) fn set_waiting(&self, pool: &'static str, waiting: usize) {
        let label = [("pool", pool)];
        self.waiting.get_or_create(&label).set(number(waiting));
    }

    /// Sets what the latest probe has found.
    pub fn set_state(&self, health: &Health) {
        let state = health.state();
        self.up.set(i64::from(state.reachable));
        self.pending.set(number(state.schema.pending()));
        self.schema_current
            .set(i64::from(state.schema == Schema::Current));
    }

    /// The metrics of one pool.
    pub(super) fn of_pool(&self, name: &'static str) -> PoolMetrics {
        PoolMetrics {
            name,
            acquired: self.acquired.get_or_create(&[("pool", name)]).clone(),
            statements: self.statements.get_or_create(&[("pool", name)]).clone(),
            all: self.clone(),
        }
    }
}

/// The metrics of one pool.
#[derive(Clone)]
pub(super) struct PoolMetrics {
    pub(super) name: &'static str,
    acquired: Histogram,
    statements: Histogram,
    pub(super) all: DatabaseMetrics,
}

/// Why a request got no connection.
#[derive(Debug, Clone, Copy)]
pub(super) enum Refused {
    Unreachable,
    Paused,
    QueueFull,
    TimedOut,
}

impl Refused {
    const ALL: [Self; 4] = [
        Self::Unreachable,
        Self::Paused,
        Self::QueueFull,
        Self::TimedOut,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Paused => "paused",
            Self::QueueFull => "queue_full",
            Self::TimedOut => "timed_out",
        }
    }
}

impl PoolMetrics {
    pub(super) fn count_acquired(&self, since: Instant) {
        self.acquired.observe(since.elapsed().as_secs_f64());
    }

    pub(super) fn count_refused(&self, reason: Refused) {
        let reason = reason.as_str();
        self.all.refused.get_or_create(&[("reason", reason)]).inc();
    }

    /// The histogram of the round trips on the pool's connections.
    pub(super) fn round_trips(&self) -> RoundTrips {
        RoundTrips(self.statements.clone())
    }

    pub(super) fn observe_batch(&self, event: Event) {
        let label = [("batch", self.name)];
        let seconds = |duration: Duration| duration.as_secs_f64();
        match event {
            Event::Started => {
                create_series(&self.all.batch_refused, &label);
                create_series(&self.all.in_flight, &label);
            }
            Event::Refused => {
                self.all.batch_refused.get_or_create(&label).inc();
            }
            Event::Began {
                requests,
                in_flight,
            } => {
                let requests = u32::try_from(requests).unwrap_or(u32::MAX);
                self.all
                    .batch_requests
                    .get_or_create(&label)
                    .observe(requests.into());
                self.all
                    .in_flight
                    .get_or_create(&label)
                    .set(number(in_flight));
            }
            Event::Ended { took, in_flight } => {
                self.all
                    .batch_duration
                    .get_or_create(&label)
                    .observe(seconds(took));
                self.all
                    .in_flight
                    .get_or_create(&label)
                    .set(number(in_flight));
            }
        }
    }
}

/// Counts the round trips on a connection.
#[derive(Clone)]
pub struct RoundTrips(Histogram);

impl RoundTrips {
    pub(super) fn count(&self, since: Instant) {
        self.0.observe(since.elapsed().as_secs_f64());
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
