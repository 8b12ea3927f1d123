//! The flags of viewers, which requests read in batches, and the reactions of all users to a page of home in memory, which
//! save reading them.

use std::sync::Arc;

use futures_util::FutureExt;

use super::known_reactors::{Known, KnownReactors, Reacted};
use super::reactors::Reactors;
use super::rows::FeedPage;
use super::store;
use super::viewer::{ViewerQuery, ViewerReactions};
use crate::auth::CurrentUser;
use crate::db::batch::{BatchConfig, Reads, WorkerReads};
use crate::db::{Connection, Pool};
use crate::error::Result;

/// A full batch of the longest pages looks up 25,000 activities.
const VIEWERS: BatchConfig = BatchConfig {
    workers: 2,
    max_batch_size: 64,
};
/// One page may have 10,000 reactions.
const REACTORS: BatchConfig = BatchConfig {
    workers: 1,
    max_batch_size: 1,
};

/// The connections of the batch workers.
pub const CONNECTIONS: usize = VIEWERS.workers + REACTORS.workers;

/// The batches that all Actix workers share.
pub struct SharedViewerBatches {
    viewers: Reads<ViewerQuery, Arc<ViewerReactions>>,
    reactors: Reads<Reacted, Arc<Reactors>>,
    known: Arc<KnownReactors>,
}

/// The batches as one Actix worker uses them.
pub struct ViewerBatches {
    viewers: WorkerReads<ViewerQuery, Arc<ViewerReactions>>,
    reactors: WorkerReads<Reacted, Arc<Reactors>>,
    known: Arc<KnownReactors>,
}

impl SharedViewerBatches {
    /// Starts the batch workers in the current Tokio runtime.
    ///
    /// # Errors
    /// A pool cannot be built.
    pub fn new(pool: &Pool) -> Result<Self> {
        let viewers = pool.for_batches(VIEWERS.workers)?;
        let reactors = pool.for_batches(REACTORS.workers)?;
        Ok(Self {
            viewers: Reads::new(viewers, VIEWERS, |db, queries| {
                read_viewers(db, queries).boxed()
            }),
            reactors: Reads::new(reactors, REACTORS, |db, pages| {
                read_reactors(db, pages).boxed()
            }),
            known: Arc::default(),
        })
    }

    /// The batches as one Actix worker uses them. Call it in that worker.
    pub fn for_worker(&self) -> ViewerBatches {
        ViewerBatches {
            viewers: self.viewers.for_worker(),
            reactors: self.reactors.for_worker(),
            known: self.known.clone(),
        }
    }
}

impl ViewerBatches {
    /// The page with the flags of the user in each activity.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn add(&self, page: FeedPage, user: &CurrentUser) -> Result<FeedPage> {
        // Without likes and reposts there is nothing to read.
        if page.reacted.is_empty() {
            return Ok(page.with_viewer(&ViewerReactions::default()));
        }
        let query = ViewerQuery {
            subject: user.subject().into(),
            activities: page.reacted.clone(),
        };
        let reactions = self.viewers.read(query).await?;
        Ok(page.with_viewer(&reactions))
    }

    /// The same for a page that the cache returned at this version of the users: from its second request on with the
    /// reactions of all users, which are read once.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn add_from_memory(
        &self,
        page: FeedPage,
        user: &CurrentUser,
        users: u64,
    ) -> Result<FeedPage> {
        if page.reacted.is_empty() {
            return self.add(page, user).await;
        }
        let reactors = match self.known.find(&page.reacted, users) {
            Known::Nothing => None,
            Known::Reactors(reactors) => Some(reactors),
            Known::Page => {
                let reactors = self.reactors.read(page.reacted.clone()).await?;
                self.known.insert(&page.reacted, users, &reactors);
                Some(reactors)
            }
        };
        match reactors.and_then(|reactors| reactors.find(user.subject())) {
            Some(reactions) => Ok(page.with_viewer(&reactions)),
            None => self.add(page, user).await,
        }
    }
}

async fn read_viewers(
    db: &Connection,
    queries: &[ViewerQuery],
) -> Result<Vec<Arc<ViewerReactions>>> {
    let found = store::list_viewer_reactions(db, queries).await?;
    Ok(found.into_iter().map(Arc::new).collect())
}

async fn read_reactors(db: &Connection, pages: &[Reacted]) -> Result<Vec<Arc<Reactors>>> {
    let mut read = Vec::with_capacity(pages.len());
    for reacted in pages {
        read.push(Arc::new(store::list_reactions_of_page(db, reacted).await?));
    }
    Ok(read)
}
