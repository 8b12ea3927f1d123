//! The metrics of activities: the purge, and the search index.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

use super::search_index::SearchTail;
use crate::metrics::Catalogue;

/// The metrics of this slice; clones share them.
#[derive(Clone, Default)]
pub struct ActivityMetrics {
    purged: Counter,
    purge_lag: Gauge<f64, AtomicU64>,
    /// The length of the tail of the search.
    pub search_tail: SearchTail,
}

impl ActivityMetrics {
    /// Adds every metric to the catalogue.
    pub fn register(&self, catalogue: &mut Catalogue) {
        catalogue.begin_section("Activities");
        catalogue.add(
            "activities_purged",
            &[],
            "Expired and deleted activities removed",
            self.purged.clone(),
        );
        catalogue.add_seconds(
            "purge_lag",
            &[],
            "How long ago the expired activity that is stored for longest expired; 0 without one",
            self.purge_lag.clone(),
        );
        catalogue.add(
            "search_unindexed",
            &[],
            "Activities whose words are not in the search index yet; a search for a rare word reads them. Fewer than \
             480 as a rule, and all activities after the migration that adds the index",
            self.search_tail.unindexed.clone(),
        );
    }

    /// Counts activities that were deleted.
    pub fn count_purged(&self, activities: u64) {
        self.purged.inc_by(activities);
    }

    pub(super) fn set_purge_lag(&self, seconds: f64) {
        self.purge_lag.set(seconds);
    }
}
