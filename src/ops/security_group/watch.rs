//! Keeps the rule in step while the address may change. How often it is looked at is the caller's
//! decision.

use std::time::Duration;

use super::SecurityGroup;
use crate::config::AddressSource;
use crate::error::chain;

impl SecurityGroup {
    /// Brings the rule in step whenever a look finds another address than the one let in, or the
    /// last attempt had failed; the first look is after one interval. Returns at once where the address is set and not found.
    pub async fn watch(&self, interval: Duration) {
        if matches!(self.config.address, AddressSource::Set(_)) {
            return;
        }
        loop {
            tokio::time::sleep(interval).await;
            match (self.find_address().await, self.admitted()) {
                (Ok(found), Some(admitted)) if found == admitted => {}
                // No news while the rule is right.
                (Err(error), Some(_)) => {
                    tracing::debug!(error = chain(&error), "the public address is not known");
                }
                // Whoever listens has been told.
                (found, _) => drop(self.sync_to(found).await),
            }
        }
    }
}
