//! The connections of searches. A search may take long, so searches have a few connections of their own and take none
//! from other requests.

use super::feeds;
use super::model::SearchTerm;
use super::rows::FeedPage;
use crate::db::{Connection, Pool};
use crate::domain::PageQuery;
use crate::error::Result;

/// The number of searches that run at the same time.
pub const CONNECTIONS: usize = 4;

/// Runs searches on connections of their own.
pub struct Searches(Pool);

impl Searches {
    /// Creates the connection pool without connecting.
    ///
    /// # Errors
    /// The pool cannot be built.
    pub fn new(pool: &Pool) -> Result<Self> {
        Ok(Self(pool.for_batches("searches", CONNECTIONS)?))
    }

    /// A page of the activities that match `term`, newest first.
    ///
    /// # Errors
    /// Those of [`Pool::run`].
    pub async fn search(&self, term: &SearchTerm, page: &PageQuery) -> Result<FeedPage> {
        let search = async |db: &Connection| feeds::search_activities(db, term, page).await;
        self.0.run(search).await
    }
}
