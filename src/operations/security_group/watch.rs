//! Keeps the rule in step while the public address may change. The caller chooses the interval.

use std::time::Duration;

use super::SecurityGroup;
use crate::config::AddressSource;
use crate::error::chain;

impl SecurityGroup {
    /// After each interval, brings the rule in step if the address has changed or the last
    /// synchronisation failed. Returns at once if the address is set and not determined.
    pub async fn watch(&self, interval: Duration) {
        if matches!(self.config.address, AddressSource::Set(_)) {
            return;
        }
        loop {
            tokio::time::sleep(interval).await;
            match (self.find_address().await, self.admitted()) {
                (Ok(found), Some(admitted)) if found == admitted => {}
                // The rule is in step as far as is known.
                (Err(error), Some(_)) => {
                    tracing::debug!(
                        error = chain(&error),
                        "the public address cannot be determined"
                    );
                }
                // The listener has received the outcome.
                (found, _) => drop(self.sync_to(found).await),
            }
        }
    }
}
