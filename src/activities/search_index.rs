//! Moves the words of new activities from the pending list of the search index (GIN) into the index. Otherwise an
//! insert would have to do it when the list is full, and its batch would wait while the words of thousands of
//! activities are moved. Every search reads the whole pending list, so a short list also keeps searches fast.

use std::time::Duration;

use super::metrics::ActivityMetrics;
use super::store;
use crate::db::{Job, Pool};
use crate::error::Result;

/// The pause between two flushes.
pub const FLUSH_INTERVAL: Duration = Duration::from_millis(500);

/// Flushes the pending list until the task is aborted. Several servers may flush at once: the later one finds the list
/// empty.
pub async fn flush_forever(pool: Pool, job: Job, metrics: ActivityMetrics) {
    loop {
        tokio::time::sleep(FLUSH_INTERVAL).await;
        job.run(flush(&pool, &metrics)).await;
    }
}

async fn flush(pool: &Pool, metrics: &ActivityMetrics) -> Result<()> {
    let pages = pool
        .run(async |db| store::flush_search_index(db).await)
        .await?;
    metrics.set_pending_pages(pages);
    Ok(())
}
