//! Waiting for a condition that no event announces: a loop checks it, and [`Poll::wait`] says whether
//! to check it again.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// The pauses between checks, and their end.
#[derive(Debug)]
pub struct Poll {
    interval: Duration,
    deadline: Instant,
}

impl Poll {
    /// Pauses of `interval`, until `timeout` from now.
    pub fn every(interval: Duration, timeout: Duration) -> Self {
        Self {
            interval,
            deadline: Instant::now() + timeout,
        }
    }

    /// Sleeps for one interval and returns true; at the deadline returns false at once.
    pub async fn wait(&self) -> bool {
        if Instant::now() + self.interval > self.deadline {
            return false;
        }
        sleep(self.interval).await;
        true
    }
}
