//! The metrics of the cache: what was answered from memory, the memory in use, and how long looks take.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

use crate::metrics::Catalogue;

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

impl Default for CacheMetrics {
    fn default() -> Self {
        Self {
            hits: Counter::default(),
            misses: Counter::default(),
            evictions: Counter::default(),
            bytes: Gauge::default(),
            looks: Histogram::new(BUCKETS),
        }
    }
}

impl CacheMetrics {
    /// Adds every metric to the catalogue.
    pub fn register(&self, catalogue: &mut Catalogue) {
        catalogue.begin_section("Cache");
        catalogue.add("cache_hits", &[], "Answers from memory", self.hits.clone());
        catalogue.add(
            "cache_misses",
            &[],
            "Answers that were not in memory and that the database read",
            self.misses.clone(),
        );
        catalogue.add(
            "cache_evictions",
            &[],
            "Answers removed from memory because it was full",
            self.evictions.clone(),
        );
        catalogue.add_bytes(
            "cache_size",
            &[],
            "Memory of the kept answers; at most `CACHE_SIZE` MiB",
            self.bytes.clone(),
        );
        catalogue.add_seconds(
            "cache_look_duration",
            &[],
            "Time in which the database told what has changed",
            self.looks.clone(),
        );
    }
}
