//! How many connections the pools have, for operators and for the metrics.

use super::Pool;

impl Pool {
    /// Reads the current numbers of connections and of waiting requests into the metrics.
    pub fn update_metrics(&self) {
        let metrics = &self.shared.metrics;
        metrics.set_usage(self.usage());
        for (name, connections) in self.shared.all().iter() {
            metrics.set_waiting(name, connections.status().waiting);
        }
    }

    /// The numbers of connections in use, of idle connections, and of connections at most, over all pools.
    pub fn usage(&self) -> (usize, usize, usize) {
        self.shared
            .all()
            .iter()
            .fold((0, 0, 0), |sum, (_, connections)| {
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
