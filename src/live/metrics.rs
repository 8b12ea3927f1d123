//! The metrics of streams.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

use crate::metrics::Catalogue;

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
    /// Adds every metric to the catalogue.
    pub fn register(&self, catalogue: &mut Catalogue) {
        catalogue.begin_section("Streams");
        catalogue.add("live_streams", &[], "Open streams", self.streams.clone());
        catalogue.add(
            "live_events",
            &[],
            "Events for streams; one that ten streams get counts ten times",
            self.events.clone(),
        );
        catalogue.add(
            "live_resyncs",
            &[],
            "Looks after which every stream was told to load again",
            self.resyncs.clone(),
        );
        catalogue.add(
            "live_slow_streams",
            &[],
            "Streams that were ended because their clients read too slowly",
            self.slow.clone(),
        );
        catalogue.add(
            "live_resumed_streams",
            &[],
            "Streams that went on after a cursor",
            self.resumed.clone(),
        );
        catalogue.add(
            "live_not_resumed_streams",
            &[],
            "Streams that could not go on after their cursor, and were told to load again",
            self.not_resumed.clone(),
        );
        catalogue.add(
            "live_refused_streams",
            &[],
            "Streams that were refused because a user, a network or the server had too many",
            self.refused.clone(),
        );
        catalogue.add_bytes(
            "live_queued",
            &[],
            "Events that wait for connections; an event counts for each connection",
            self.queued.clone(),
        );
    }
}
