//! The metrics of the cache: what was answered from memory, the memory in use, and how long looks take.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Upper bounds of the durations of looks in seconds.
const BUCKETS: [f64; 8] = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.1, 1.0];

/// The metrics of one server.
#[derive(Clone)]
pub struct CacheMetrics {
    /// Answers from memory.
    pub hits: Counter,
    /// Answers of the kinds that are kept, which the database read.
    pub misses: Counter,
    /// Answers that were removed because memory was full.
    pub evictions: Counter,
    /// The memory of all answers in bytes.
    pub bytes: Gauge,
    /// The time of a look, from the statement to its result.
    pub looks: Histogram,
}

impl CacheMetrics {
    /// Registers every metric.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            hits: Counter::default(),
            misses: Counter::default(),
            evictions: Counter::default(),
            bytes: Gauge::default(),
            looks: Histogram::new(BUCKETS),
        };
        registry.register("cache_hits", "Answers from memory", metrics.hits.clone());
        registry.register(
            "cache_misses",
            "Answers that were not in memory and that the database read",
            metrics.misses.clone(),
        );
        registry.register(
            "cache_evictions",
            "Answers removed from memory because it was full",
            metrics.evictions.clone(),
        );
        registry.register_with_unit(
            "cache_size",
            "Memory of the kept answers",
            Unit::Bytes,
            metrics.bytes.clone(),
        );
        registry.register_with_unit(
            "cache_look_duration",
            "Time in which the database told what has changed",
            Unit::Seconds,
            metrics.looks.clone(),
        );
        metrics
    }
}
