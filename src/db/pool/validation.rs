//! Decides whether an idle connection may serve the next request: used as it is, tested with an empty statement
//! first, or closed because it is older than an outage.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::{ClientWrapper, HookError, Metrics};

/// A connection that was idle for longer is tested before it is used.
const MAX_UNTESTED_IDLE: Duration = Duration::from_secs(5);
/// How long the test of an idle connection may take.
const TEST_TIMEOUT: Duration = Duration::from_millis(250);

/// What the pools to one database know about their idle connections.
#[derive(Default)]
pub(super) struct Validation(Mutex<Limits>);

#[derive(Default, Clone, Copy)]
struct Limits {
    /// Connections that were made before this instant are closed.
    retired_before: Option<Instant>,
    /// Connections that were last used before this instant are tested.
    suspected_before: Option<Instant>,
}

impl Validation {
    /// Closes every connection made until now instead of using it again: after an outage any of them may be broken,
    /// even those that look open because the network drops their packets.
    pub(super) fn retire_all(&self) {
        self.limits().retired_before = Some(Instant::now());
    }

    /// Tests every connection before its next use: one of them did not answer in time.
    pub(super) fn suspect_all(&self) {
        self.limits().suspected_before = Some(Instant::now());
    }

    /// Returns where the connection may be used. A failed test retires all connections, so that a request waits for
    /// one test at most.
    pub(super) async fn validate(
        &self,
        client: &ClientWrapper,
        metrics: &Metrics,
    ) -> Result<(), HookError> {
        let limits = *self.limits();
        let is_before = |limit: Option<Instant>, at| limit.is_some_and(|limit| at < limit);
        if is_before(limits.retired_before, metrics.created) {
            return Err(HookError::message("the connection is older than an outage"));
        }
        let last_use = metrics.recycled.unwrap_or(metrics.created);
        if last_use.elapsed() <= MAX_UNTESTED_IDLE && !is_before(limits.suspected_before, last_use)
        {
            return Ok(());
        }
        match tokio::time::timeout(TEST_TIMEOUT, client.simple_query("")).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => {
                self.retire_all();
                Err(HookError::Backend(error))
            }
            Err(_) => {
                self.retire_all();
                Err(HookError::message("the connection did not answer in time"))
            }
        }
    }

    fn limits(&self) -> MutexGuard<'_, Limits> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
