//! Something of which the clients of one network may use a limited amount at the same time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What each network uses, by its key.
pub struct NetworkShares {
    max: usize,
    used: Mutex<HashMap<u128, usize>>,
}

/// A part of what a network uses, which is returned when it is dropped.
pub struct Share {
    shares: Arc<NetworkShares>,
    network: u128,
    amount: usize,
}

impl NetworkShares {
    /// Lets each network use `max`.
    pub fn new(max: usize) -> Arc<Self> {
        let used = Mutex::default();
        Arc::new(Self { max, used })
    }

    /// Adds `amount` to what the network uses; `None` if that would be too much. A network that uses nothing may use any
    /// amount.
    pub fn add(self: &Arc<Self>, network: u128, amount: usize) -> Option<Share> {
        let mut networks = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let used = networks.get(&network).copied().unwrap_or_default();
        if used > 0 && used + amount > self.max {
            return None;
        }
        networks.insert(network, used + amount);
        Some(Share {
            shares: self.clone(),
            network,
            amount,
        })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let networks = self.shares.used.lock();
        let mut networks = networks.unwrap_or_else(PoisonError::into_inner);
        if let Some(used) = networks.get_mut(&self.network) {
            *used -= self.amount;
            if *used == 0 {
                networks.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::NetworkShares;

    #[test]
    fn a_network_uses_no_more_than_its_share_and_returns_it() {
        let shares = NetworkShares::new(10);
        let half = shares.add(1, 5).expect("it fits");
        let other_half = shares.add(1, 5).expect("it fits");
        assert!(shares.add(1, 1).is_none());
        assert!(shares.add(2, 10).is_some());
        drop(half);
        assert!(shares.add(1, 5).is_some());
        drop(other_half);
        assert!(shares.used.lock().expect("no panic").is_empty());
    }

    #[test]
    fn a_network_that_uses_nothing_may_use_any_amount() {
        let shares = NetworkShares::new(10);
        let much = shares.add(1, 20).expect("it fits");
        assert!(shares.add(1, 1).is_none());
        drop(much);
        assert!(shares.add(1, 1).is_some());
    }
}
