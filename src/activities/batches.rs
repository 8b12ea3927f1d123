//! The kinds of requests that are batched, because they are the most frequent: home, threads, users' pages, the flags of
//! viewers, new activities and new replies. The requests of a batch share one statement; every other request runs its
//! own.

use std::slice;
use std::sync::Arc;

use futures_util::FutureExt;
use uuid::Uuid;

use super::dependencies::of_activities;
use super::home;
use super::include::Viewer;
use super::model::{Activity, NewActivity, NewReply};
use super::preview::Preview;
use super::rows::{FeedPage, ThreadRows};
use super::search_index::SearchTail;
use super::store;
use super::user_pages::{self, UserPageQuery};
use super::viewer_batches::{self, SharedViewerBatches, ViewerBatches};
use crate::auth::CurrentUser;
use crate::changes::{CacheKey, Fresh, WorkerCache};
use crate::config::ClientGeneration;
use crate::db::batch::{BatchConfig, Reads, WorkerReads, Writes};
use crate::db::{Connection, Pool};
use crate::domain::{PageQuery, idempotency};
use crate::error::{Code, Error, Result};

/// All users read the same few pages, which the cache keeps until they change, so one large batch serves them.
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
/// With two workers, one transaction makes its changes while the other waits for the disk to commit.
const WRITES: BatchConfig = BatchConfig {
    workers: 2,
    max_batch_size: 128,
};

/// The connections of all batch workers.
pub const CONNECTIONS: usize = HOME.workers
    + THREADS.workers
    + USER_PAGES.workers
    + viewer_batches::CONNECTIONS
    + 2 * WRITES.workers;

type ThreadQuery = (Uuid, PageQuery);

/// The batches that all Actix workers share.
pub struct SharedBatches {
    home: Reads<PageQuery, Option<Fresh>>,
    threads: Reads<ThreadQuery, Option<Arc<ThreadRows>>>,
    user_pages: Reads<UserPageQuery, Option<Fresh>>,
    viewers: SharedViewerBatches,
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
        let pool_for = |config: BatchConfig| pool.for_batches(config.workers);
        Ok(Self {
            home: Reads::new(pool_for(HOME)?, HOME, |db, queries| {
                home::read(db, queries).boxed()
            }),
            threads: Reads::new(pool_for(THREADS)?, THREADS, |db, queries| {
                read_threads(db, queries).boxed()
            }),
            user_pages: Reads::new(pool_for(USER_PAGES)?, USER_PAGES, move |db, queries| {
                user_pages::read(db, queries, generation).boxed()
            }),
            viewers: SharedViewerBatches::new(pool)?,
            activities: Arc::new(Writes::new(pool, WRITES, |db, new| {
                store::insert_activities(db, new).boxed()
            })?),
            replies: Arc::new(Writes::new(pool, WRITES, |db, new| {
                store::insert_replies(db, new).boxed()
            })?),
            search_tail,
        })
    }

    /// The batches as one Actix worker uses them, with its cache. Call it in that worker.
    pub fn for_worker(&self, cache: Arc<WorkerCache>) -> Batches {
        Batches {
            cache,
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
    cache: Arc<WorkerCache>,
    home: WorkerReads<PageQuery, Option<Fresh>>,
    threads: WorkerReads<ThreadQuery, Option<Arc<ThreadRows>>>,
    user_pages: WorkerReads<UserPageQuery, Option<Fresh>>,
    viewers: ViewerBatches,
    activities: Arc<Writes<(CurrentUser, NewActivity)>>,
    replies: Arc<Writes<(CurrentUser, Uuid, NewReply)>>,
    search_tail: SearchTail,
}

impl Batches {
    /// A page of the top-level activities of all users, newest first, with `viewer` for the request's user.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn list_home(&self, page: PageQuery, viewer: &Viewer) -> Result<FeedPage> {
        let read = async || {
            loop {
                // A batch defers a page if it has read many long ones.
                if let Some(page) = self.home.read(page).await? {
                    return Ok(Some(page));
                }
            }
        };
        let found = self.cache.answer(CacheKey::Home(page), read).await?;
        let found = found.ok_or_else(|| Error::internal("home was not read", "no page"))?;
        let page = FeedPage::from(found);
        let Some(user) = &viewer.0 else {
            return Ok(page);
        };
        let users = self.cache.users_version();
        self.viewers.add_from_memory(page, user, users).await
    }

    /// An activity with a page of its replies, oldest first.
    ///
    /// # Errors
    /// [`Code::ActivityNotFound`] when it does not exist or has expired.
    pub async fn find_activity(&self, uuid: Uuid, page: PageQuery) -> Result<FeedPage> {
        let read = async || {
            self.read_thread(uuid, page, |activity| {
                FeedPage::of_activity(activity, &page)
            })
            .await
        };
        let key = CacheKey::Activity(uuid, page);
        let found = self.cache.answer(key, read).await?;
        Ok(found.ok_or(Code::ActivityNotFound)?.into())
    }

    /// The same activity and replies as the body of the thread route, if `handle` is the author's.
    ///
    /// # Errors
    /// [`Code::ActivityNotFound`] when it does not exist, has expired or has another author.
    pub async fn find_thread(&self, handle: &str, uuid: Uuid, page: PageQuery) -> Result<FeedPage> {
        let read = async || {
            self.read_thread(uuid, page, |activity| {
                match activity.handle.eq_ignore_ascii_case(handle) {
                    true => FeedPage::of_thread(activity, &page),
                    false => Err(Code::ActivityNotFound.into()),
                }
            })
            .await
        };
        let key = CacheKey::Thread(handle.to_ascii_lowercase().into(), uuid, page);
        let found = self.cache.answer(key, read).await?;
        Ok(found.ok_or(Code::ActivityNotFound)?.into())
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

    /// Reads a thread and makes the answer of its activity; `None` if the activity is not found.
    async fn read_thread(
        &self,
        uuid: Uuid,
        page: PageQuery,
        make: impl FnOnce(Activity<'_>) -> Result<FeedPage>,
    ) -> Result<Option<Fresh>> {
        let Some(rows) = self.threads.read((uuid, page)).await? else {
            return Ok(None);
        };
        let activity = rows.activity()?;
        let mark = rows.mark()?;
        let started_at = mark.as_ref().map(|mark| mark.started_at);
        let mut dependencies = of_activities(slice::from_ref(&activity), started_at);
        if activity.reply_to_activity_uuid.is_some() {
            dependencies.add_parent();
        }
        let fresh = make(activity)?.depending_on(dependencies);
        Ok(Some(fresh.read_by(mark)))
    }

    /// A page of one user's top-level activities, newest first.
    ///
    /// # Errors
    /// [`Code::UserNotFound`] when no user has the handle.
    pub async fn list_by_user(&self, handle: &str, page: PageQuery) -> Result<FeedPage> {
        if !crate::users::is_legal_handle(handle) {
            return Err(Code::UserNotFound.into());
        }
        let handle = handle.to_lowercase();
        let key = CacheKey::UserPage(handle.as_str().into(), page);
        let read = async || self.user_pages.read((handle, page)).await;
        let found = self.cache.answer(key, read).await?;
        Ok(found.ok_or(Code::UserNotFound)?.into())
    }

    /// The page with `viewer` in each activity if the request includes it, else the page as it is.
    ///
    /// # Errors
    /// The statement fails.
    pub async fn with_viewer(&self, page: FeedPage, viewer: &Viewer) -> Result<FeedPage> {
        match &viewer.0 {
            Some(user) => self.viewers.add(page, user).await,
            None => Ok(page),
        }
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
