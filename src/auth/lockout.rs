//! Who failed too often. Counted here and forgotten within a minute; what counts as a failure, and
//! that a valid credential is never turned away, is the guard's to say.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(60);
/// Failures in a window that are still answered with 401.
const FAILURES: u32 = 10;
/// Addresses that are remembered; from then on, those whose minute is over are forgotten first.
const ADDRESSES: usize = 10_000;

/// Failures by address, each in a window that begins with the first of them.
#[derive(Debug, Default)]
pub struct Lockout(Mutex<HashMap<IpAddr, (Instant, u32)>>);

impl Lockout {
    /// Counts a failure. An error is the number of seconds until the next attempt is worth it.
    pub fn count(&self, address: Option<IpAddr>) -> Result<(), u64> {
        self.count_at(address, Instant::now())
    }

    fn count_at(&self, address: Option<IpAddr>, now: Instant) -> Result<(), u64> {
        let address = network(address.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)));
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= ADDRESSES {
            failures.retain(|_, (since, _)| now.duration_since(*since) < WINDOW);
        }
        if failures.len() >= ADDRESSES && !failures.contains_key(&address) {
            // Somebody tries from very many addresses: nobody's first failure is looked at.
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

/// Whoever has one IPv6 address has the 2⁶⁴ around it.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        text.parse().ok()
    }

    #[test]
    fn the_eleventh_failure_in_a_minute_is_too_many_and_the_next_minute_is_new() {
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
    fn neighbours_in_ipv6_are_one() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        for _ in 0..FAILURES {
            assert_eq!(lockout.count_at(address("2001:db8::1"), now), Ok(()));
        }
        assert!(lockout.count_at(address("2001:db8::2"), now).is_err());
        assert_eq!(lockout.count_at(address("2001:db8:1::2"), now), Ok(()));
    }
}
