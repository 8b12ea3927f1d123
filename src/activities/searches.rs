//! The connections of searches. A search may take long, so searches have a few connections of their own and take none
//! from other requests; a search that finds too many others waiting is refused at once.

use pg_batch::Lease;
use tokio::sync::Semaphore;

use super::feeds;
use super::model::SearchTerm;
use super::rows::FeedPage;
use crate::db::Pool;
use crate::domain::PageQuery;
use crate::error::{Error, Result};

/// The number of searches that run at the same time.
const CONNECTIONS: usize = 4;
/// The number of searches that wait for a connection at most.
const MAX_WAITING: usize = 32;

/// Runs searches on connections of their own.
pub struct Searches {
    pool: Pool,
    /// One permit for each search that may run or wait.
    permits: Semaphore,
}

impl Searches {
    /// Creates the connection pool without connecting.
    ///
    /// # Errors
    /// The pool cannot be built.
    pub fn new(pool: &Pool) -> Result<Self> {
        Ok(Self {
            pool: pool.for_batches(CONNECTIONS)?,
            permits: Semaphore::new(CONNECTIONS + MAX_WAITING),
        })
    }

    /// A page of the activities that match `term`, newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many searches wait; those of [`Pool::get`]; a statement fails.
    pub async fn search(&self, term: &SearchTerm, page: &PageQuery) -> Result<FeedPage> {
        let _permit = self
            .permits
            .try_acquire()
            .map_err(|error| Error::Unavailable("too many searches wait", Some(error.into())))?;
        let lease = Lease::acquire(&self.pool).await?;
        let outcome = feeds::search_activities(lease.connection(), term, page).await;
        lease.release(outcome)
    }
}
