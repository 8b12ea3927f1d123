//! One backup or restore at a time by way of `/admin`: each takes a connection, a disk and a process of its own.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Result};

/// The value of `Retry-After` while another one runs, in seconds.
const RETRY_AFTER: u64 = 10;

/// Permits one backup or restore of this server.
pub struct Archives(Arc<Semaphore>);

impl Default for Archives {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl Archives {
    /// The permit, until it is dropped.
    ///
    /// # Errors
    /// [`Error::TooMany`] while another one runs.
    pub fn permit(&self) -> Result<ArchivePermit> {
        let permit = self.0.clone().try_acquire_owned();
        permit
            .map(ArchivePermit)
            .map_err(|_| Error::TooMany(RETRY_AFTER))
    }
}

/// The permit of one backup or restore.
pub struct ArchivePermit(#[expect(dead_code, reason = "it is dropped")] OwnedSemaphorePermit);
