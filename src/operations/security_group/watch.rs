//! Reads the rule again while the server runs, and repairs it where another program has changed it.

use super::SecurityGroup;
use crate::error::chain;

impl SecurityGroup {
    /// After each interval, brings the rule in step with this machine's address. While the address cannot be
    /// determined, it stays the last one.
    pub async fn watch(&self) {
        loop {
            tokio::time::sleep(self.config.interval).await;
            let address = match (self.find_address().await, self.admitted()) {
                (Err(error), Some(admitted)) => {
                    tracing::debug!(
                        error = chain(&error),
                        "the public address cannot be determined"
                    );
                    Ok(admitted)
                }
                (found, _) => found,
            };
            // `admit_address` reports the outcome to the listener.
            drop(self.admit_address(address).await);
        }
    }
}
