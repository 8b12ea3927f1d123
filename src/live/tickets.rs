//! Makes tickets, and deletes those that can no longer be used.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::store;
use crate::db::{Pool, repeat_forever};
use crate::error::Result;

/// The longest text that may be a ticket.
pub const MAX_LENGTH: usize = 64;
/// The maximum number of rows in one transaction.
const BATCH_SIZE: i64 = 1_000;
/// The minimum pause between two cleanups.
const INTERVAL: Duration = Duration::from_secs(30);

/// A ticket that no client can guess.
pub fn make() -> String {
    let bytes: [u8; 32] = rand::random();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Deletes old tickets until the task is aborted. Several servers may do so at once.
pub async fn delete_old_forever(pool: Pool) {
    let failure = "old tickets could not be deleted; trying again";
    repeat_forever(INTERVAL, failure, || delete_old(&pool)).await;
}

async fn delete_old(pool: &Pool) -> Result<()> {
    loop {
        let deleted = pool
            .run(async |db| store::delete_old_tickets(db, BATCH_SIZE).await)
            .await?;
        if deleted < BATCH_SIZE.unsigned_abs() {
            return Ok(());
        }
    }
}
