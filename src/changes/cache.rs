//! Answers in memory that are never older than their request. A request that finds its answer there joins the next
//! look at the changes, which was sent after the request arrived, and uses the answer if it is still there after it. One
//! look serves all requests that wait. A request that does not find its answer reads it at once; changes that a look
//! finds meanwhile decide whether the answer is kept.
//!
//! `answer` is what is sent, `entry` and `kept_answer` what is kept, `dependencies` what it depends on, `effect` what a
//! change does to it. `list_page` is a page in parts, `memory` has the entries with their indexes, `shared` looks at the
//! changes and applies them.

mod answer;
mod dependencies;
mod effect;
mod entry;
mod kept_answer;
mod list_page;
mod memory;
mod shared;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;

pub use self::answer::{Answer, ReadMark};
pub use self::dependencies::{Dependencies, ListRange};
use self::entry::Stamp;
pub use self::entry::{CacheKey, Fresh};
use self::kept_answer::KeptAnswer;
pub use self::list_page::{ListItem, ListPage};
use self::shared::{ReadListItems, Shared};
use super::metrics::CacheMetrics;
use crate::db::Pool;
use crate::db::batch::{BatchConfig, Reads, WorkerReads};
use crate::error::{Error, Result, chain};

/// One look serves all requests that wait, so one worker suffices.
const LOOKS: BatchConfig = BatchConfig {
    workers: 1,
    max_batch_size: 4096,
};
/// The connections of the workers.
pub(super) const CONNECTIONS: usize = LOOKS.workers;

/// The cache that all Actix workers share.
pub struct Cache {
    looks: Reads<(), Stamp>,
    shared: Arc<Shared>,
}

/// The cache as one Actix worker uses it.
pub struct WorkerCache {
    looks: WorkerReads<(), Stamp>,
    shared: Arc<Shared>,
}

impl Cache {
    /// Starts the batch worker in the current Tokio runtime. The answers use `max_bytes` of memory at most; with 0
    /// nothing is kept.
    ///
    /// # Errors
    /// The pool cannot be built.
    pub fn new(
        pool: &Pool,
        max_bytes: usize,
        metrics: CacheMetrics,
        read_items: ReadListItems,
    ) -> Result<Self> {
        let shared = Arc::new(Shared::new(max_bytes, metrics, read_items));
        let looking = shared.clone();
        let looks = Reads::new(
            pool.for_batches("looks", LOOKS.workers)?,
            LOOKS,
            move |db, requests| {
                let looking = looking.clone();
                async move {
                    let stamp = looking.look(db).await?;
                    Ok(requests.iter().map(|()| stamp).collect())
                }
                .boxed()
            },
        );
        Ok(Self { looks, shared })
    }

    /// The cache as one Actix worker uses it. Call it in that worker.
    pub fn for_worker(&self) -> WorkerCache {
        WorkerCache {
            looks: self.looks.for_worker(),
            shared: self.shared.clone(),
        }
    }
}

impl WorkerCache {
    /// The answer with `key` from memory, or the one that `read` reads, which is then kept; `None` if `read` finds none.
    ///
    /// # Errors
    /// Those of `read`; [`Error::Unavailable`] while the database does not answer.
    pub async fn answer(
        &self,
        key: CacheKey,
        read: impl AsyncFnOnce() -> Result<Option<Fresh>>,
    ) -> Result<Option<Answer>> {
        let mut stamp = None;
        if self.shared.is_on() {
            let (latest, has_entry) = self.shared.peek(&key);
            stamp = latest;
            if has_entry || stamp.is_none() {
                stamp = self.look().await?;
                if stamp.is_some()
                    && let Some(answer) = self.find(&key)
                {
                    return Ok(Some(answer));
                }
            }
            self.shared.count_miss();
        }
        if !self.shared.knows_server() {
            self.look().await?;
        }
        let mut fresh = read().await?;
        if let Some(fresh) = &mut fresh {
            fresh.answer.position = self.position_of(fresh.mark.as_ref()).await?;
        }
        if let (Some(fresh), Some(stamp)) = (&fresh, stamp) {
            let kept = match fresh.list {
                Some(_) => KeptAnswer::plain(&fresh.answer),
                None => KeptAnswer::packed(&fresh.answer),
            };
            self.shared.insert(key, kept, fresh, stamp);
        }
        Ok(fresh.map(|fresh| fresh.answer))
    }

    /// A number that is another one after a look that found that names or Cognito ids of users may have changed.
    pub fn users_version(&self) -> u64 {
        self.shared.users_version()
    }

    /// The position of an answer that a statement has just read. If the latest look was at another server, the next one
    /// tells what identifies this one.
    async fn position_of(&self, mark: Option<&ReadMark>) -> Result<Option<Bytes>> {
        let position = self.shared.position_of(mark);
        if position.is_some() || mark.is_none() {
            return Ok(position);
        }
        self.look().await?;
        Ok(self.shared.position_of(mark))
    }

    fn find(&self, key: &CacheKey) -> Option<Answer> {
        // Unpacked when the memory is free for others.
        let found = self.shared.find(key);
        let (kept, position) = found?;
        let answer = kept.unpack()?;
        self.shared.count_hit();
        Some(Answer { position, ..answer })
    }

    /// Waits for a look that is sent after this call; `None` if the database refuses the statement, so that the request
    /// is read as without a cache.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: the request would have to wait for the same failure again.
    async fn look(&self) -> Result<Option<Stamp>> {
        match self.looks.read(()).await {
            Ok(stamp) => Ok(Some(stamp)),
            Err(error @ Error::Unavailable(..)) => Err(error),
            Err(error) => {
                tracing::debug!(error = chain(&error), "the changes could not be read");
                Ok(None)
            }
        }
    }
}
