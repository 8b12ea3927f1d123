//! Moves the words of new activities into the index of words. Without it some insert would have to, and
//! everybody in its batch would wait for the words of thousands. They are found before, too, from a list
//! that a search reads through; so this keeps the list short.

use std::time::Duration;

use super::store;
use crate::db::Pool;
use crate::error::chain;

/// Between two rounds.
const INTERVAL: Duration = Duration::from_millis(500);

/// Never returns. Several servers may do it at once: whoever comes second finds nothing.
pub async fn flush_forever(pool: Pool) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        if let Err(error) = pool
            .run(async |db| store::flush_search_index(&*db).await)
            .await
        {
            tracing::debug!(error = chain(&error), "new words wait for the next round");
        }
    }
}
