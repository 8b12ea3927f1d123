//! The metrics of the limits.

use crate::metrics::{Catalogue, Counters, create_series};

/// The limits, as `limit` names them.
const LIMITS: [&str; 4] = ["read", "write", "search", "unsent"];

/// How many requests each limit has refused; clones share the numbers.
#[derive(Clone, Default)]
pub struct LimitMetrics(Counters);

impl LimitMetrics {
    /// Adds the metric to the catalogue.
    pub fn register(&self, catalogue: &mut Catalogue) {
        for limit in LIMITS {
            create_series(&self.0, &[("limit", limit)]);
        }
        catalogue.add(
            "rate_limited_requests",
            &["limit"],
            "Requests that a limit refused with 429: `read` and `write` are the rates, `search` the searches of one \
             network at a time, `unsent` the bytes that a network leaves unread",
            self.0.clone(),
        );
    }

    /// Counts a request that the limit of this name has refused.
    pub fn count(&self, limit: &'static str) {
        self.0.get_or_create(&[("limit", limit)]).inc();
    }
}
