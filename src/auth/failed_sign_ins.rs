//! Counts the failed sign-ins of `/admin` in memory, by network and minute. `operations::audit` takes the counts every
//! two seconds and records them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::HttpRequest;
use chrono::{DateTime, Utc};

use super::network;

/// The maximum number of entries for networks and minutes; failures of further networks are counted together.
const MAX_ENTRIES: usize = 1_000;
/// The network of the entry that counts those.
const OTHER_NETWORKS: &str = "other networks";
/// The maximum length of the method and of the path, in characters.
const MAX_TEXT: usize = 200;

/// The failed sign-ins of one network in one minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedSignIns {
    /// An IPv4 address, an IPv6 /64, or `other networks`.
    pub network: String,
    /// The method of the first request.
    pub method: String,
    /// The path of the first request.
    pub path: String,
    /// The HTTP status of the response to the first request.
    pub status: u16,
    /// The time of the first request.
    pub first_at: DateTime<Utc>,
    /// The number of requests.
    pub attempts: i32,
}

/// The failed sign-ins that have not been taken yet.
#[derive(Debug, Default)]
pub struct FailureCounts(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    /// The key is the network and the minute since 1970.
    entries: HashMap<(Option<IpAddr>, i64), FailedSignIns>,
    others: Option<FailedSignIns>,
}

impl FailureCounts {
    /// Counts one failed sign-in of the network of this address.
    pub fn count(&self, address: Option<IpAddr>, request: &HttpRequest, status: u16) {
        self.count_at(address.map(network), request, status, Utc::now());
    }

    fn count_at(
        &self,
        network: Option<IpAddr>,
        request: &HttpRequest,
        status: u16,
        now: DateTime<Utc>,
    ) {
        let first = |network: String| FailedSignIns {
            network,
            method: shortened(request.method().as_str()),
            path: shortened(request.path()),
            status,
            first_at: now,
            attempts: 0,
        };
        let key = (network, now.timestamp().div_euclid(60));
        let counts = &mut *self.lock();
        let is_full = counts.entries.len() >= MAX_ENTRIES && !counts.entries.contains_key(&key);
        let entry = match is_full {
            true => counts
                .others
                .get_or_insert_with(|| first(OTHER_NETWORKS.to_owned())),
            false => counts
                .entries
                .entry(key)
                .or_insert_with(|| first(describe(network))),
        };
        entry.attempts = entry.attempts.saturating_add(1);
    }

    /// Takes every count; the next failures are counted from 1 again.
    pub fn take(&self) -> Vec<FailedSignIns> {
        let Counts { entries, others } = std::mem::take(&mut *self.lock());
        entries.into_values().chain(others).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn describe(network: Option<IpAddr>) -> String {
    match network {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(prefix)) => format!("{prefix}/64"),
        None => "unknown".to_owned(),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn failures_of_more_networks_than_fit_are_counted_together_and_none_is_lost() {
        let counts = FailureCounts::default();
        let request = TestRequest::with_uri("/admin/status").to_http_request();
        let networks = MAX_ENTRIES as u32 + 500;
        for round in 0..2 {
            for number in 0..networks {
                let address = IpAddr::V4(Ipv4Addr::from_bits(number));
                let now = DateTime::from_timestamp(round * 30, 0).expect("a time");
                counts.count_at(Some(address), &request, 401, now);
            }
        }
        let taken = counts.take();
        assert_eq!(taken.len(), MAX_ENTRIES + 1);
        let others: Vec<i32> = taken
            .iter()
            .filter(|entry| entry.network == OTHER_NETWORKS)
            .map(|entry| entry.attempts)
            .collect();
        assert_eq!(others, [1_000]);
        let sum: i32 = taken.iter().map(|entry| entry.attempts).sum();
        assert_eq!(sum, 2 * networks as i32);
        assert_eq!(counts.take(), []);
    }

    #[test]
    fn failures_of_one_network_in_two_minutes_are_two_entries() {
        let counts = FailureCounts::default();
        let request = TestRequest::with_uri("/admin/status").to_http_request();
        for second in [59, 60, 61] {
            let now = DateTime::from_timestamp(second, 0).expect("a time");
            counts.count_at(None, &request, 401, now);
        }
        let mut attempts: Vec<i32> = counts.take().iter().map(|entry| entry.attempts).collect();
        attempts.sort_unstable();
        assert_eq!(attempts, [1, 2]);
    }
}
