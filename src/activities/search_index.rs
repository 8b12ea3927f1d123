//! Moves the words of new activities from the pending list of the search index (GIN) into the index. Otherwise an
//! insert would have to do it when the list is full, and its batch would wait while the words of thousands of
//! activities are moved. Every search reads the whole pending list, so a short list also keeps searches fast.

use std::time::Duration;

use super::store;
use crate::db::Pool;
use crate::error::chain;

/// The pause between two flushes.
const INTERVAL: Duration = Duration::from_millis(500);

/// Flushes the pending list until the task is aborted. Several servers may flush at once: the later one finds the list
/// empty.
pub async fn flush_forever(pool: Pool) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        if let Err(error) = pool
            .run(async |db| store::flush_search_index(db).await)
            .await
        {
            tracing::debug!(
                error = chain(&error),
                "the search index could not be flushed; trying again"
            );
        }
    }
}
