//! Grouped writes with idempotency keys: of the requests with one key, the first one writes and all return its
//! response.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use pg_batch::{BatchConfig, GroupedWrites};

use crate::db::idempotency::{self, WriteOutcome};
use crate::db::{Connection, Pool};
use crate::domain::idempotency::Key;
use crate::error::{Error, Result};

/// Stores all items in one statement and returns an outcome for each, in their order.
type Write<W> = for<'a> fn(&'a Connection, &'a [&'a W]) -> BoxFuture<'a, Result<Vec<WriteOutcome>>>;

/// Items that are stored together.
pub struct Writes<W>(GroupedWrites<Arc<KeyedItem<W>>, WriteOutcome, Error>);

struct KeyedItem<W> {
    key: Option<Key>,
    item: W,
}

impl<W: Send + Sync + 'static> Writes<W> {
    /// Starts the batch workers in the current Tokio runtime. `name` is the one in the metrics.
    ///
    /// # Errors
    /// The pool cannot be built.
    pub fn new(
        pool: &Pool,
        name: &'static str,
        config: BatchConfig,
        write: Write<W>,
    ) -> Result<Self> {
        // A transaction can use a key only once, so a repeated key in a batch counts as in flight.
        let writes = GroupedWrites::with_unique_keys(
            pool.for_batches(name, config.workers)?,
            config,
            |item: &Arc<KeyedItem<W>>| item.key.as_ref().map(Key::lock_id),
            || WriteOutcome::KeyInFlight,
            move |db, items| write_once(db, items, write).boxed(),
        );
        Ok(Self(writes))
    }

    /// Stores `item` and returns the stored row as JSON, after the commit. Requests with the same key and body all
    /// get the same bytes.
    ///
    /// # Errors
    /// Those of [`Pool::write`]; [`Error::Unavailable`] when the queue is full, or another transaction has locked a row
    /// that the write needs for two seconds.
    pub async fn write(&self, key: Option<Key>, item: W) -> Result<Vec<u8>> {
        let item = Arc::new(KeyedItem { key, item });
        idempotency::retry(async || self.0.write(item.clone()).await).await
    }
}

async fn write_once<W: Sync>(
    db: &Connection,
    items: &[&Arc<KeyedItem<W>>],
    write: Write<W>,
) -> Result<Vec<WriteOutcome>> {
    let keys: Vec<Option<&Key>> = items.iter().map(|item| item.key.as_ref()).collect();
    idempotency::write_together(db, &keys, async |ordinals| {
        let items: Vec<&W> = ordinals.iter().map(|&at| &items[at].item).collect();
        write(db, &items).await
    })
    .await
}
