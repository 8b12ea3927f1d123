//! Takes a sample of the server's figures every ten seconds, for the history that operators see.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;

use super::metrics::{HttpMetrics, Look};
use crate::db::Pool;
use crate::operations::history::{History, INTERVAL, Sample};

/// The first sample comes soon, so that a server that has just started has one.
const FIRST: Duration = Duration::from_secs(1);

/// Adds samples to the history until the task is aborted.
pub async fn sample_forever(requests: HttpMetrics, pool: Pool, history: Arc<History>) {
    let mut last = Look::default();
    let mut since = Instant::now();
    let mut pause = FIRST;
    loop {
        tokio::time::sleep(pause).await;
        pause = INTERVAL;
        let seconds = since.elapsed().as_secs_f64();
        since = Instant::now();
        let period = requests.look(&mut last);
        let latencies = &period.latencies;
        let (in_use, idle, _) = pool.usage();
        history.add(Sample {
            at: Utc::now(),
            requests: per_second(latencies.count(), seconds),
            errors: per_second(period.errors, seconds),
            p50: latencies.quantile(0.5),
            p95: latencies.quantile(0.95),
            max: latencies.max(),
            connections_in_use: in_use,
            connections_open: in_use + idle,
        });
    }
}

fn per_second(count: u64, seconds: f64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / seconds
}
