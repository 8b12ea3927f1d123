//! Moves the words of new activities from the pending list of the search index (GIN) into the index. Otherwise an insert
//! would have to, and its batch would wait for the words of thousands of activities. A search reads the pending
//! list from end to end, so this also keeps searches fast.

use std::time::Duration;

use super::store;
use crate::db::Pool;
use crate::error::chain;

/// The pause between two flushes.
const INTERVAL: Duration = Duration::from_millis(500);

/// Flushes the pending list for ever. Several servers may do it at once: the second one finds the list empty.
pub async fn flush_forever(pool: Pool) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        if let Err(error) = pool
            .run(async |db| store::flush_search_index(&*db).await)
            .await
        {
            tracing::debug!(
                error = chain(&error),
                "the search index was not flushed; trying again"
            );
        }
    }
}
