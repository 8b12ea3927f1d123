//! The metrics of streams.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

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
    /// Streams that went on after a cursor.
    pub resumed: Counter,
    /// Streams that could not go on after their cursor, and were told to load again.
    pub not_resumed: Counter,
    /// Streams that were refused because there were too many.
    pub refused: Counter,
    /// The events that wait for connections, in bytes; an event counts for each connection.
    pub queued: Gauge,
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
        registry.register(
            "live_resumed_streams",
            "Streams that went on after a cursor",
            metrics.resumed.clone(),
        );
        registry.register(
            "live_not_resumed_streams",
            "Streams that could not go on after their cursor, and were told to load again",
            metrics.not_resumed.clone(),
        );
        registry.register(
            "live_refused_streams",
            "Streams that were refused because a user, a network or the server had too many",
            metrics.refused.clone(),
        );
        registry.register_with_unit(
            "live_queued",
            "Events that wait for connections; an event counts for each connection",
            Unit::Bytes,
            metrics.queued.clone(),
        );
        metrics
    }
}
