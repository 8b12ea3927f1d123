//! Locks a network out of `/admin` after ten invalid tokens within a minute, until the minute is over. `admin` counts
//! an invalid token here and accepts a valid one without asking.
//!
//! `governor`, which limits requests, does not fit: its buckets refill steadily, so it would allow an eleventh failure
//! after six seconds, and the number of its buckets is unbounded between two sweeps.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::network;

const WINDOW: Duration = Duration::from_secs(60);
/// The number of failures within a window that get 401; further ones get 429.
const FAILURES: u32 = 10;
/// The maximum number of networks in the table. A full table first drops networks whose window is over.
const NETWORKS: usize = 10_000;

/// The number of failures of each network in its window, which begins with its first failure.
#[derive(Debug, Default)]
pub struct Lockout(Mutex<HashMap<IpAddr, (Instant, u32)>>);

impl Lockout {
    /// Counts a failure of the network of this address.
    ///
    /// # Errors
    /// The network is locked out; the value is the number of seconds until its window is over.
    pub fn count(&self, address: Option<IpAddr>) -> Result<(), u64> {
        self.count_at(address, Instant::now())
    }

    fn count_at(&self, address: Option<IpAddr>, now: Instant) -> Result<(), u64> {
        let address = network(address.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)));
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= NETWORKS {
            failures.retain(|_, (since, _)| now.duration_since(*since) < WINDOW);
        }
        if failures.len() >= NETWORKS && !failures.contains_key(&address) {
            // Failures from this many networks within a minute are an attack, so further networks are locked out.
            return Err(WINDOW.as_secs());
        }
        let (since, count) = failures.entry(address).or_insert((now, 0));
        if now.duration_since(*since) >= WINDOW {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        if *count <= FAILURES {
            return Ok(());
        }
        let left = WINDOW.saturating_sub(now.duration_since(*since));
        Err(left.as_secs() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        text.parse().ok()
    }

    #[test]
    fn a_network_is_locked_out_from_the_eleventh_failure_until_the_minute_is_over() {
        let (lockout, start) = (Lockout::default(), Instant::now());
        for _ in 0..FAILURES {
            assert_eq!(lockout.count_at(address("192.0.2.1"), start), Ok(()));
        }
        assert_eq!(lockout.count_at(address("192.0.2.1"), start), Err(61));
        assert_eq!(lockout.count_at(address("192.0.2.2"), start), Ok(()));
        assert_eq!(
            lockout.count_at(address("192.0.2.1"), start + WINDOW),
            Ok(())
        );
    }

    #[test]
    fn addresses_of_one_ipv6_64_share_a_lockout() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        for _ in 0..FAILURES {
            assert_eq!(lockout.count_at(address("2001:db8::1"), now), Ok(()));
        }
        assert!(lockout.count_at(address("2001:db8::2"), now).is_err());
        assert_eq!(lockout.count_at(address("2001:db8:1::2"), now), Ok(()));
    }
}
