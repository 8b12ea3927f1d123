//! The last hour of the server's figures, from which the console draws its graphs. `server` takes a sample every ten
//! seconds; an older one than an hour makes room for the next.

pub mod http;

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// The pause between two samples.
pub const INTERVAL: Duration = Duration::from_secs(10);
/// An hour of samples.
const MAX_SAMPLES: usize = 360;

/// The figures of one period of time.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Sample {
    /// The end of the period.
    pub at: DateTime<Utc>,
    /// Requests per second.
    pub requests: f64,
    /// Responses of 500 and above per second.
    pub errors: f64,
    /// The latency that half of the requests did not exceed, in seconds; null without a request.
    #[schema(required)]
    pub p50: Option<f64>,
    /// The latency that 95 % of the requests did not exceed, in seconds.
    #[schema(required)]
    pub p95: Option<f64>,
    /// The longest latency in seconds.
    #[schema(required)]
    pub max: Option<f64>,
    /// Connections in use at the end of the period.
    pub connections_in_use: usize,
    /// Open connections at the end of the period.
    pub connections_open: usize,
}

/// The latencies of a period, counted by buckets.
pub struct Latencies {
    /// The upper bounds of the buckets in seconds; one more bucket has what exceeds the last one.
    pub bounds: &'static [f64],
    /// The number of requests in each bucket.
    pub counts: Vec<u64>,
    /// The longest one in seconds.
    pub max: f64,
}

/// The latest samples, the oldest first.
#[derive(Default)]
pub struct History(Mutex<VecDeque<Sample>>);

impl History {
    /// Adds a sample.
    pub fn add(&self, sample: Sample) {
        let mut samples = self.lock();
        if samples.len() == MAX_SAMPLES {
            samples.pop_front();
        }
        samples.push_back(sample);
    }

    /// The samples, the oldest first.
    pub fn list(&self) -> Vec<Sample> {
        self.lock().iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Sample>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Latencies {
    /// The number of requests.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The longest latency; `None` without a request.
    pub fn max(&self) -> Option<f64> {
        (self.count() > 0).then_some(self.max)
    }

    /// The latency that this share of the requests did not exceed, as Prometheus' `histogram_quantile` estimates it, but
    /// never more than the longest one; `None` without a request.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let rank = share * float(self.count());
        let mut below = 0.0;
        let mut lower = 0.0;
        for (index, count) in self.counts.iter().map(|count| float(*count)).enumerate() {
            let upper = self.bounds.get(index).copied().unwrap_or(self.max);
            if count > 0.0 && below + count >= rank {
                let within = (rank - below) / count;
                return Some((upper - lower).mul_add(within, lower).min(self.max));
            }
            below += count;
            lower = upper;
        }
        None
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a number of requests within seconds is exact as a float"
)]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latencies(counts: &[u64], max: f64) -> Latencies {
        Latencies {
            bounds: &[0.1, 0.2, 0.4],
            counts: counts.to_vec(),
            max,
        }
    }

    fn sample(second: i64) -> Sample {
        Sample {
            at: DateTime::from_timestamp(second, 0).expect("a time"),
            requests: 1.0,
            errors: 0.0,
            p50: None,
            p95: None,
            max: None,
            connections_in_use: 1,
            connections_open: 2,
        }
    }

    #[test]
    fn the_history_keeps_the_samples_of_the_last_hour_only() {
        let history = History::default();
        for second in 0..1_000 {
            history.add(sample(second));
        }
        let kept = history.list();
        assert_eq!(kept.len(), MAX_SAMPLES);
        assert_eq!(kept.first(), Some(&sample(640)));
        assert_eq!(kept.last(), Some(&sample(999)));
    }

    #[test]
    fn a_quantile_is_interpolated_within_its_bucket_and_never_exceeds_the_longest_latency() {
        let close = |found: Option<f64>, expected: f64| {
            let found = found.expect("a quantile");
            assert!((found - expected).abs() < 1e-9, "{found}, not {expected}");
        };
        let of = latencies(&[50, 50, 0, 0], 0.19);
        close(of.quantile(0.5), 0.1);
        close(of.quantile(0.75), 0.15);
        close(of.quantile(1.0), 0.19);
        close(latencies(&[0, 0, 0, 4], 2.0).quantile(0.5), 1.2);
        assert_eq!(latencies(&[0; 4], 0.0).quantile(0.5), None);
        assert_eq!(latencies(&[0; 4], 0.0).max(), None);
    }
}
