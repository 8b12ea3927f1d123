//! How many exports run at once on this server, and how many of them read at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::db::{Connection, Pool};
use crate::error::{Error, Result};

/// The maximum number of exports at once. Each uses a megabyte at most.
const MAX_EXPORTS: usize = 16;
/// The maximum duration of an export. Half a million activities take seconds for a client that reads fast.
const MAX_DURATION: Duration = Duration::from_secs(15 * 60);
/// The value of `Retry-After`, in seconds, while the user has another export or too many run.
const RETRY_AFTER: u64 = 10;

/// The exports of this server.
pub struct Exports {
    /// When the export of each user began.
    running: Mutex<HashMap<Uuid, Instant>>,
    /// All exports together use one connection of the pool, half of the time, so that they do not delay requests.
    reading: Semaphore,
}

impl Default for Exports {
    /// No export runs yet.
    fn default() -> Self {
        Self {
            running: Mutex::default(),
            reading: Semaphore::new(1),
        }
    }
}

impl Exports {
    /// Permits the user one export until the returned value is dropped or 15 minutes are over.
    ///
    /// # Errors
    /// [`Error::TooMany`] while the user has another export, or too many run.
    pub fn permit(self: Arc<Self>, user: Uuid) -> Result<ExportPermit> {
        self.permit_at(user, Instant::now())
    }

    fn permit_at(self: Arc<Self>, user: Uuid, now: Instant) -> Result<ExportPermit> {
        {
            let mut running = self.running();
            // A client that takes a byte now and then would otherwise keep its permit for ever.
            running.retain(|_, began| now.saturating_duration_since(*began) < MAX_DURATION);
            if running.contains_key(&user) || running.len() >= MAX_EXPORTS {
                return Err(Error::TooMany(RETRY_AFTER));
            }
            running.insert(user, now);
        }
        Ok(ExportPermit {
            exports: self,
            user,
            began: now,
        })
    }

    fn running(&self) -> MutexGuard<'_, HashMap<Uuid, Instant>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The permit of one export; dropping it permits the user another one.
pub struct ExportPermit {
    exports: Arc<Exports>,
    user: Uuid,
    began: Instant,
}

impl ExportPermit {
    /// Runs `read` with a connection that it gives back, when no other export is reading. Then no export reads for as long
    /// as `read` took.
    ///
    /// # Errors
    /// [`Error::Unavailable`] after the maximum duration; those of [`Pool::run`].
    pub async fn read<T>(
        &self,
        pool: &Pool,
        read: impl AsyncFn(&Connection) -> Result<T>,
    ) -> Result<T> {
        if self.began.elapsed() >= MAX_DURATION {
            return Err(Error::Unavailable("an export took too long", None));
        }
        let turn = self.exports.reading.acquire().await;
        let _turn = turn.map_err(Error::unavailable("the exports have ended"))?;
        let started = Instant::now();
        let outcome = pool.run(read).await;
        tokio::time::sleep(started.elapsed()).await;
        outcome
    }
}

impl Drop for ExportPermit {
    fn drop(&mut self) {
        let mut running = self.exports.running();
        // After the maximum duration, the user may have another export already.
        if running.get(&self.user) == Some(&self.began) {
            running.remove(&self.user);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use uuid::Uuid;

    use super::{Exports, MAX_DURATION, MAX_EXPORTS};

    #[test]
    fn a_permit_is_given_back_when_it_is_dropped_and_after_the_maximum_duration() {
        let exports = Arc::new(Exports::default());
        let now = Instant::now();
        let permit = |user, now| exports.clone().permit_at(Uuid::from_u128(user), now);
        let first = permit(1, now).expect("a permit");
        let almost = now + MAX_DURATION - Duration::from_nanos(1);
        assert!(permit(1, almost).is_err());
        let later = now + MAX_DURATION;
        let second = permit(1, later).expect("a permit after the maximum duration");
        drop(first);
        assert!(permit(1, later).is_err(), "the second one is still running");
        drop(second);
        let third = permit(1, later).expect("a permit after the second one");

        let others = 2..=MAX_EXPORTS as u128;
        let others: Vec<_> = others.map(|user| permit(user, later)).collect();
        assert!(others.iter().all(Result::is_ok));
        assert!(permit(0, later).is_err());
        drop(third);
        assert!(permit(0, later).is_ok());
    }
}
