//! The metrics of streams.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// The metrics of one server.
#[derive(Clone, Default)]
pub struct LiveMetrics {
    /// Open streams.
    pub streams: Gauge,
    /// Events for streams; one that ten streams get counts ten times.
    pub events: Counter,
    /// Looks after which every stream was told to load again.
    pub resyncs: Counter,
    /// Streams that were ended because their clients read too slowly.
    pub slow: Counter,
}

impl LiveMetrics {
    /// Registers every metric.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register("live_streams", "Open streams", metrics.streams.clone());
        registry.register(
            "live_events",
            "Events for streams; one that ten streams get counts ten times",
            metrics.events.clone(),
        );
        registry.register(
            "live_resyncs",
            "Looks after which every stream was told to load again",
            metrics.resyncs.clone(),
        );
        registry.register(
            "live_slow_streams",
            "Streams that were ended because their clients read too slowly",
            metrics.slow.clone(),
        );
        metrics
    }
}
