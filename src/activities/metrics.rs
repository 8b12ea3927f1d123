//! The metrics of activities: home's pages in memory, the purge, and the search index.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

use crate::metrics::{Catalogue, Counters, create_series};

/// The metrics of this slice; clones share them.
#[derive(Clone, Default)]
pub struct ActivityMetrics {
    home_pages: Counters,
    home_bytes: Gauge,
    home_kept: Gauge,
    purged: Counter,
    purge_lag: Gauge<f64, AtomicU64>,
    pending_pages: Gauge,
}

impl ActivityMetrics {
    /// Adds every metric to the catalogue.
    pub fn register(&self, catalogue: &mut Catalogue) {
        for source in ["memory", "database"] {
            create_series(&self.home_pages, &[("source", source)]);
        }
        catalogue.begin_section("Activities");
        catalogue.add(
            "home_pages",
            &["source"],
            "Different pages of home in the batches, by where they came from: `memory`, after a snapshot has shown that \
             nothing has changed, or `database`",
            self.home_pages.clone(),
        );
        catalogue.add_bytes(
            "home_memory",
            &[],
            "Memory of the kept pages of home",
            self.home_bytes.clone(),
        );
        catalogue.add(
            "home_memory_pages",
            &[],
            "Kept pages of home",
            self.home_kept.clone(),
        );
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
            "search_unindexed_pages",
            &[],
            "Pages of words that were not in the search index yet at the latest flush; every search reads them",
            self.pending_pages.clone(),
        );
    }

    /// Counts the pages of a batch of home, and what is kept after it.
    pub(super) fn count_home(&self, from_memory: usize, read: usize, bytes: usize, kept: usize) {
        for (source, number) in [("memory", from_memory), ("database", read)] {
            let pages = self.home_pages.get_or_create(&[("source", source)]);
            pages.inc_by(u64::try_from(number).unwrap_or(u64::MAX));
        }
        self.home_bytes
            .set(i64::try_from(bytes).unwrap_or(i64::MAX));
        self.home_kept.set(i64::try_from(kept).unwrap_or(i64::MAX));
    }

    /// Counts activities that were deleted.
    pub fn count_purged(&self, activities: u64) {
        self.purged.inc_by(activities);
    }

    pub(super) fn set_purge_lag(&self, seconds: f64) {
        self.purge_lag.set(seconds);
    }

    pub(super) fn set_pending_pages(&self, pages: i64) {
        self.pending_pages.set(pages);
    }
}
