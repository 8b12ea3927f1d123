//! Bounds the connections of all pools to one database together, for a database or a pooler that has few sessions. The
//! pools share them in the order in which work asks; one that needs a new connection closes an idle one of another.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use deadpool_postgres::Pool;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{MAX_WAITING, WAIT_TIMEOUT};
use crate::error::{Error, Result};

/// The bound and who uses it.
pub(super) struct Limit {
    size: usize,
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl Limit {
    pub(super) fn new(size: usize) -> Self {
        Self {
            size,
            permits: Arc::new(Semaphore::new(size)),
            waiting: AtomicUsize::new(0),
        }
    }

    /// The largest size of one pool: half of all connections, so that slow work of one kind leaves some to the others.
    pub(super) fn share(&self, size: usize) -> usize {
        size.min(self.size.div_ceil(2))
    }

    /// Waits for the permission to use one connection.
    ///
    /// # Errors
    /// [`Error::Unavailable`] after half a second, and at once where too many wait already.
    pub(super) async fn acquire(&self) -> Result<OwnedSemaphorePermit> {
        if let Ok(permit) = self.permits.clone().try_acquire_owned() {
            return Ok(permit);
        }
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

    /// Closes an idle connection of `all` if one more would exceed the bound. The holder of a permit uses none yet, so
    /// there is one.
    pub(super) fn make_room(&self, all: &[Pool]) {
        let open: usize = all.iter().map(|pool| pool.status().size).sum();
        if open < self.size {
            return;
        }
        let mut is_closed = false;
        for pool in all {
            pool.retain(|_, _| is_closed || !std::mem::replace(&mut is_closed, true));
            if is_closed {
                return;
            }
        }
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
