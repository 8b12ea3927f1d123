//! The batch of likes and reposts. All reactions to one activity change the same row, the activity's with its counts,
//! so without a batch they would wait for each other's commits.

use futures_util::FutureExt;

use super::model::ReactionChange;
use super::store;
use crate::auth::CurrentUser;
use crate::db::Pool;
use crate::db::batch::{BatchConfig, Writes};
use crate::domain::idempotency;
use crate::error::Result;

/// One worker: two would lock the same popular activity in turn, and one of them would have to try again.
const CHANGES: BatchConfig = BatchConfig {
    workers: 1,
    max_batch_size: 128,
};

/// The connections of the batch workers.
pub const CONNECTIONS: usize = CHANGES.workers;

/// The batches that all Actix workers share.
pub struct Batches {
    changes: Writes<(CurrentUser, ReactionChange)>,
}

impl Batches {
    /// Starts the batch worker in the current Tokio runtime.
    ///
    /// # Errors
    /// The pool cannot be built.
    pub fn new(pool: &Pool) -> Result<Self> {
        Ok(Self {
            changes: Writes::new(pool, "reactions", CHANGES, |db, changes| {
                store::update_reactions(db, changes).boxed()
            })?,
        })
    }

    /// Changes a reaction and returns the activity as JSON.
    ///
    /// # Errors
    /// [`Code::CognitoUserIdBlank`] when the token's user has no row, [`Code::ActivityNotFound`] when the activity does
    /// not exist or has expired.
    ///
    /// [`Code::CognitoUserIdBlank`]: crate::error::Code::CognitoUserIdBlank
    /// [`Code::ActivityNotFound`]: crate::error::Code::ActivityNotFound
    pub async fn update_reaction(
        &self,
        key: Option<idempotency::Key>,
        user: &CurrentUser,
        change: ReactionChange,
    ) -> Result<Vec<u8>> {
        self.changes.write(key, (user.clone(), change)).await
    }
}
