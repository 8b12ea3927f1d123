//! The share of one kind of work in the connections that all kinds have together, for a database or a pooler with few
//! sessions.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Result};

/// How long a request waits for a connection while all are busy.
pub(super) const WAIT_TIMEOUT: Duration = Duration::from_millis(500);
/// How many requests wait for a connection of one pool at most, however fast the recent work was.
pub(super) const MAX_WAITING: usize = 128;

/// The connections that one kind of work may use at the same time. Clones share them.
#[derive(Clone)]
pub(super) struct Share {
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

impl Share {
    /// Half of all connections at most, so that slow work of one kind leaves some to the others.
    pub(super) fn new(wanted: usize, of_all: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(wanted.min(of_all.div_ceil(2)))),
            waiting: Arc::default(),
        }
    }

    /// Waits for the permission to use one connection.
    ///
    /// # Errors
    /// [`Error::Unavailable`] after half a second, and at once where too many wait already.
    pub(super) async fn acquire(&self) -> Result<OwnedSemaphorePermit> {
        let waiting = Waiting::count(&self.waiting);
        if waiting.number > MAX_WAITING {
            return Err(Error::Unavailable(
                "too many requests wait for a connection",
                None,
            ));
        }
        tokio::time::timeout(WAIT_TIMEOUT, self.permits.clone().acquire_owned())
            .await
            .map_err(Error::unavailable("no database connection is free"))?
            .map_err(Error::unavailable("the pool is closed"))
    }
}

/// While it lives, one more task waits.
struct Waiting<'a> {
    count: &'a AtomicUsize,
    number: usize,
}

impl<'a> Waiting<'a> {
    fn count(count: &'a AtomicUsize) -> Self {
        let number = count.fetch_add(1, Ordering::Relaxed) + 1;
        Self { count, number }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}
