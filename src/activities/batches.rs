//! The kinds of requests that are batched, because they are the most frequent: home, threads, users' pages, the flags of
//! viewers, new activities and new replies. The requests of a batch share one statement; every other request runs its
//! own.

use std::sync::Arc;

use futures_util::FutureExt;
use uuid::Uuid;

use super::home::Home;
use super::include::Viewer;
use super::model::{NewActivity, NewReply};
use super::preview::Preview;
use super::rows::{FeedPage, ThreadRows};
use super::search_index::SearchTail;
use super::store;
use super::user_pages::{self, UserPageQuery};
use super::viewer::{ViewerQuery, ViewerReactions};
use crate::auth::CurrentUser;
use crate::config::ClientGeneration;
use crate::db::batch::{BatchConfig, Reads, WorkerReads, Writes};
use crate::db::{Connection, Pool};
use crate::domain::{PageQuery, idempotency};
use crate::error::{Code, Result};

/// All users read the same few pages, so one large batch serves them. It has one worker, because `home` compares
/// snapshots, which must come from one database session.
const HOME: BatchConfig = BatchConfig {
    workers: 1,
    max_batch_size: 1024,
};
/// A batch of more than 16 threads saves little. While the statement of one worker runs, the others process rows.
const THREADS: BatchConfig = BatchConfig {
    workers: 4,
    max_batch_size: 16,
};
/// Half as many as for threads, because a user's page has about twenty times as many rows.
const USER_PAGES: BatchConfig = BatchConfig {
    workers: 4,
    max_batch_size: 8,
};
/// A full batch of the longest pages looks up 25,000 activities.
const VIEWERS: BatchConfig = BatchConfig {
    workers: 2,
    max_batch_size: 64,
};
/// With two workers, one transaction makes its changes while the other waits for the disk to commit.
const WRITES: BatchConfig = BatchConfig {
    workers: 2,
    max_batch_size: 128,
};

/// The connections of all batch workers.
pub const CONNECTIONS: usize =
    HOME.workers + THREADS.workers + USER_PAGES.workers + VIEWERS.workers + 2 * WRITES.workers;

type ThreadQuery = (Uuid, PageQuery);

/// The batches that all Actix workers share.
pub struct SharedBatches {
    home: Reads<PageQuery, Option<FeedPage>>,
    threads: Reads<ThreadQuery, Option<Arc<ThreadRows>>>,
    user_pages: Reads<UserPageQuery, Option<FeedPage>>,
    viewers: Reads<ViewerQuery, Arc<ViewerReactions>>,
    activities: Arc<Writes<(CurrentUser, NewActivity)>>,
    replies: Arc<Writes<(CurrentUser, Uuid, NewReply)>>,
    search_tail: SearchTail,
}

impl SharedBatches {
    /// Starts the batch workers in the current Tokio runtime.
    ///
    /// # Errors
    /// A pool cannot be built.
    pub fn new(pool: &Pool, generation: ClientGeneration, search_tail: SearchTail) -> Result<Self> {
        let home = Arc::new(Home::default());
        let pool_for = |config: BatchConfig| pool.for_batches(config.workers);
        Ok(Self {
            home: Reads::new(pool_for(HOME)?, HOME, move |db, queries| {
                let home = home.clone();
                async move { home.read(db, queries).await }.boxed()
            }),
            threads: Reads::new(pool_for(THREADS)?, THREADS, |db, queries| {
                read_threads(db, queries).boxed()
            }),
            user_pages: Reads::new(pool_for(USER_PAGES)?, USER_PAGES, move |db, queries| {
                user_pages::read(db, queries, generation).boxed()
            }),
            viewers: Reads::new(pool_for(VIEWERS)?, VIEWERS, |db, queries| {
                read_viewers(db, queries).boxed()
            }),
            activities: Arc::new(Writes::new(pool, WRITES, |db, new| {
                store::insert_activities(db, new).boxed()
            })?),
            replies: Arc::new(Writes::new(pool, WRITES, |db, new| {
                store::insert_replies(db, new).boxed()
            })?),
            search_tail,
        })
    }

    /// The batches as one Actix worker uses them. Call it in that worker.
    pub fn for_worker(&self) -> Batches {
        Batches {
            home: self.home.for_worker(),
            threads: self.threads.for_worker(),
            user_pages: self.user_pages.for_worker(),
            viewers: self.viewers.for_worker(),
            activities: self.activities.clone(),
            replies: self.replies.clone(),
            search_tail: self.search_tail.clone(),
        }
    }
}

/// The batches as one Actix worker uses them.
pub struct Batches {
    home: WorkerReads<PageQuery, Option<FeedPage>>,
    threads: WorkerReads<ThreadQuery, Option<Arc<ThreadRows>>>,
    user_pages: WorkerReads<UserPageQuery, Option<FeedPage>>,
    viewers: WorkerReads<ViewerQuery, Arc<ViewerReactions>>,
    activities: Arc<Writes<(CurrentUser, NewActivity)>>,
    replies: Arc<Writes<(CurrentUser, Uuid, NewReply)>>,
    search_tail: SearchTail,
}

impl Batches {
    /// A page of the top-level activities of all users, newest first.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn list_home(&self, page: PageQuery) -> Result<FeedPage> {
        loop {
            // A batch defers a page if it has read many long ones.
            if let Some(page) = self.home.read(page).await? {
                return Ok(page);
            }
        }
    }

    /// An activity with a page of its replies, oldest first.
    ///
    /// # Errors
    /// [`Code::ActivityNotFound`] when it does not exist or has expired.
    pub async fn find_activity(&self, uuid: Uuid, page: PageQuery) -> Result<FeedPage> {
        let rows = self.find_rows(uuid, page).await?;
        FeedPage::of_activity(rows.activity()?, &page)
    }

    /// The same activity and replies as the body of the thread route, if `handle` is the author's.
    ///
    /// # Errors
    /// [`Code::ActivityNotFound`] when it does not exist, has expired or has another author.
    pub async fn find_thread(&self, handle: &str, uuid: Uuid, page: PageQuery) -> Result<FeedPage> {
        let rows = self.find_rows(uuid, page).await?;
        let activity = rows.activity()?;
        if !activity.handle.eq_ignore_ascii_case(handle) {
            return Err(Code::ActivityNotFound.into());
        }
        FeedPage::of_thread(activity, &page)
    }

    /// What a link to an activity shows; `None` when it does not exist or has expired.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn find_preview(&self, uuid: Uuid) -> Result<Option<Preview>> {
        let rows = self.threads.read((uuid, PageQuery::shortest())).await?;
        let preview = |rows: Arc<ThreadRows>| Ok(Preview::of(&rows.activity()?));
        rows.map(preview).transpose()
    }

    async fn find_rows(&self, uuid: Uuid, page: PageQuery) -> Result<Arc<ThreadRows>> {
        let rows = self.threads.read((uuid, page)).await?;
        rows.ok_or(Code::ActivityNotFound.into())
    }

    /// A page of one user's top-level activities, newest first, as a [`UserPage`](super::user_pages::UserPage).
    ///
    /// # Errors
    /// [`Code::UserNotFound`] when no user has the handle.
    pub async fn list_by_user(&self, handle: &str, page: PageQuery) -> Result<FeedPage> {
        if !crate::users::is_legal_handle(handle) {
            return Err(Code::UserNotFound.into());
        }
        let found = self.user_pages.read((handle.to_lowercase(), page)).await?;
        found.ok_or(Code::UserNotFound.into())
    }

    /// The page with `viewer` in each activity if the request includes it, else the page as it is.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn with_viewer(&self, page: FeedPage, viewer: &Viewer) -> Result<FeedPage> {
        let Some(user) = &viewer.0 else {
            return Ok(page);
        };
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

    /// Stores an activity and returns it as JSON.
    ///
    /// # Errors
    /// [`Code::CognitoUserIdBlank`] when the token's user has no row, [`Code::Suspended`].
    pub async fn insert_activity(
        &self,
        key: Option<idempotency::Key>,
        user: &CurrentUser,
        new: NewActivity,
    ) -> Result<Vec<u8>> {
        self.search_tail.wait_if_long().await;
        self.activities.write(key, (user.clone(), new)).await
    }

    /// Stores a reply and returns it as JSON.
    ///
    /// # Errors
    /// [`Code::CognitoUserIdBlank`] when the token's user has no row, [`Code::Suspended`], [`Code::ActivityNotFound`]
    /// when the parent does not exist or has expired, [`Code::Blocked`] by the parent's author.
    pub async fn insert_reply(
        &self,
        key: Option<idempotency::Key>,
        user: &CurrentUser,
        parent: Uuid,
        new: NewReply,
    ) -> Result<Vec<u8>> {
        self.search_tail.wait_if_long().await;
        self.replies.write(key, (user.clone(), parent, new)).await
    }
}

async fn read_threads(
    db: &Connection,
    queries: &[ThreadQuery],
) -> Result<Vec<Option<Arc<ThreadRows>>>> {
    let found = store::find_threads(db, queries).await?.into_iter();
    Ok(found.map(|thread| thread.map(Arc::new)).collect())
}

async fn read_viewers(
    db: &Connection,
    queries: &[ViewerQuery],
) -> Result<Vec<Arc<ViewerReactions>>> {
    let found = store::list_viewer_reactions(db, queries).await?;
    Ok(found.into_iter().map(Arc::new).collect())
}
