//! Work in the background that every server of a database repeats.

use std::time::Duration;

use crate::error::{Result, chain};

/// Repeats `work` until the task is aborted. Before each time it pauses for `interval` and up to half as much at random,
/// so that servers work at different times. A failure is logged at debug level only, with the message `failure`, since
/// `health` reports outages.
pub async fn repeat_forever<F>(interval: Duration, failure: &str, work: impl Fn() -> F)
where
    F: Future<Output = Result<()>>,
{
    loop {
        tokio::time::sleep(interval.mul_f64(rand::random_range(1.0..1.5))).await;
        if let Err(error) = work().await {
            tracing::debug!(error = chain(&error), "{failure}");
        }
    }
}
