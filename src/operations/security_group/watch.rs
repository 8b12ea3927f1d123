//! Synchronises the rule again when the public address changes. The caller chooses the interval.

use std::time::Duration;

use super::SecurityGroup;
use crate::config::AddressSource;
use crate::error::chain;

impl SecurityGroup {
    /// After each interval, synchronises the rule if the address has changed or the last synchronisation
    /// failed. Returns at once if a setting names the address.
    pub async fn watch(&self, interval: Duration) {
        if matches!(self.config.address, AddressSource::Set(_)) {
            return;
        }
        loop {
            tokio::time::sleep(interval).await;
            match (self.find_address().await, self.admitted()) {
                (Ok(found), Some(admitted)) if found == admitted => {}
                // The last synchronisation succeeded, so the next interval is soon enough.
                (Err(error), Some(_)) => {
                    tracing::debug!(
                        error = chain(&error),
                        "the public address cannot be determined"
                    );
                }
                // `sync_to` reports the outcome to the listener.
                (found, _) => drop(self.sync_to(found).await),
            }
        }
    }
}
