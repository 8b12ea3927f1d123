//! Polling for a condition: a loop checks it, and [`Poll::wait`] pauses between two checks and ends the
//! loop at a deadline.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// The interval between two checks, and the deadline of the last one.
#[derive(Debug)]
pub struct Poll {
    interval: Duration,
    deadline: Instant,
}

impl Poll {
    /// Polls every `interval` until `timeout` from now.
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
