//! Something of which each client, such as a network or a user, may use a limited amount at the same time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What each client uses, by its key.
pub struct Shares {
    max: usize,
    used: Mutex<HashMap<u128, usize>>,
}

/// A part of what a client uses, which is returned when it is dropped.
pub struct Share {
    shares: Arc<Shares>,
    client: u128,
    amount: usize,
}

impl Shares {
    /// Lets each client use `max`.
    pub fn new(max: usize) -> Arc<Self> {
        let used = Mutex::default();
        Arc::new(Self { max, used })
    }

    /// Adds `amount` to what the client uses; `None` if that would be too much. A client that uses nothing may use any
    /// amount.
    pub fn add(self: &Arc<Self>, client: u128, amount: usize) -> Option<Share> {
        let mut clients = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let used = clients.get(&client).copied().unwrap_or_default();
        if used > 0 && used + amount > self.max {
            return None;
        }
        clients.insert(client, used + amount);
        Some(Share {
            shares: self.clone(),
            client,
            amount,
        })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let clients = self.shares.used.lock();
        let mut clients = clients.unwrap_or_else(PoisonError::into_inner);
        if let Some(used) = clients.get_mut(&self.client) {
            *used -= self.amount;
            if *used == 0 {
                clients.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Shares;

    #[test]
    fn a_client_uses_no_more_than_its_share_and_returns_it() {
        let shares = Shares::new(10);
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
    fn a_client_that_uses_nothing_may_use_any_amount() {
        let shares = Shares::new(10);
        let much = shares.add(1, 20).expect("it fits");
        assert!(shares.add(1, 1).is_none());
        drop(much);
        assert!(shares.add(1, 1).is_some());
    }
}
