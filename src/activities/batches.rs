//! The routes that are requested most, whose requests share statements: home, threads, users' pages, new activities
//! and replies. Every other route runs statements of its own.

use std::sync::Arc;

use futures_util::FutureExt;
use uuid::Uuid;

use super::home::Home;
use super::model::{NewActivity, NewReply};
use super::rows::{FeedPage, FeedRows, ThreadRows};
use super::store;
use crate::auth::CurrentUser;
use crate::db::batch::{BatchConfig, Reads, WorkerReads, Writes};
use crate::db::{Connection, Pool};
use crate::domain::{PageQuery, idempotency};
use crate::error::{Code, Result};

/// Everyone reads the same few pages, so one statement serves them all. One worker has one session, whose snapshots
/// can be compared.
const HOME: BatchConfig = BatchConfig {
    workers: 1,
    max_batch_size: 1024,
};
/// A larger batch saves little. With four workers, answers are written while other statements run.
const THREADS: BatchConfig = BatchConfig {
    workers: 4,
    max_batch_size: 16,
};
/// A page has twenty times as many rows as a thread.
const USER_PAGES: BatchConfig = BatchConfig {
    workers: 4,
    max_batch_size: 8,
};
/// A second transaction makes its changes while the first one waits for the disk.
const WRITES: BatchConfig = BatchConfig {
    workers: 2,
    max_batch_size: 128,
};

type ThreadQuery = (Uuid, PageQuery);
type UserPageQuery = (String, PageQuery);

/// The slice's batches, made once for all workers.
pub struct SharedBatches {
    home: Reads<PageQuery, FeedPage>,
    threads: Reads<ThreadQuery, Option<Arc<ThreadRows>>>,
    user_pages: Reads<UserPageQuery, Option<FeedPage>>,
    activities: Arc<Writes<(CurrentUser, NewActivity)>>,
    replies: Arc<Writes<(CurrentUser, Uuid, NewReply)>>,
}

impl SharedBatches {
    /// Starts the batch workers in the current Tokio runtime.
    ///
    /// # Errors
    /// A pool cannot be built.
    pub fn new(pool: &Pool) -> Result<Self> {
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
            user_pages: Reads::new(pool_for(USER_PAGES)?, USER_PAGES, |db, queries| {
                read_user_pages(db, queries).boxed()
            }),
            activities: Arc::new(Writes::new(pool, WRITES, |db, new| {
                store::insert_activities(db, new).boxed()
            })?),
            replies: Arc::new(Writes::new(pool, WRITES, |db, new| {
                store::insert_replies(db, new).boxed()
            })?),
        })
    }

    /// The same batches for the requests of one worker.
    pub fn for_worker(&self) -> Batches {
        Batches {
            home: self.home.for_worker(),
            threads: self.threads.for_worker(),
            user_pages: self.user_pages.for_worker(),
            activities: self.activities.clone(),
            replies: self.replies.clone(),
        }
    }
}

/// One worker's end of the slice's batches.
pub struct Batches {
    home: WorkerReads<PageQuery, FeedPage>,
    threads: WorkerReads<ThreadQuery, Option<Arc<ThreadRows>>>,
    user_pages: WorkerReads<UserPageQuery, Option<FeedPage>>,
    activities: Arc<Writes<(CurrentUser, NewActivity)>>,
    replies: Arc<Writes<(CurrentUser, Uuid, NewReply)>>,
}

impl Batches {
    /// Everyone's top-level activities, newest first.
    pub async fn list_home(&self, page: PageQuery) -> Result<FeedPage> {
        self.home.ask(page).await
    }

    /// An activity with a page of its replies, oldest first.
    ///
    /// # Errors
    /// [`Code::ActivityNotFound`] when it does not exist or has expired.
    pub async fn find_activity(&self, uuid: Uuid, page: PageQuery) -> Result<FeedPage> {
        let rows = self.find_rows(uuid, page).await?;
        FeedPage::of_activity(rows.activity()?, &page)
    }

    /// The same as a thread.
    ///
    /// # Errors
    /// [`Code::ActivityNotFound`] when it does not exist, has expired or has another author than `handle`.
    pub async fn find_thread(&self, handle: &str, uuid: Uuid, page: PageQuery) -> Result<FeedPage> {
        let rows = self.find_rows(uuid, page).await?;
        let activity = rows.activity()?;
        if !activity.handle.eq_ignore_ascii_case(handle) {
            return Err(Code::ActivityNotFound.into());
        }
        FeedPage::of_thread(activity, &page)
    }

    async fn find_rows(&self, uuid: Uuid, page: PageQuery) -> Result<Arc<ThreadRows>> {
        let rows = self.threads.ask((uuid, page)).await?;
        rows.ok_or(Code::ActivityNotFound.into())
    }

    /// One user's top-level activities, newest first.
    ///
    /// # Errors
    /// [`Code::UserNotFound`] when no user has that handle.
    pub async fn list_by_user(&self, handle: &str, page: PageQuery) -> Result<FeedPage> {
        if !crate::users::is_legal_handle(handle) {
            return Err(Code::UserNotFound.into());
        }
        let found = self.user_pages.ask((handle.to_lowercase(), page)).await?;
        found.ok_or(Code::UserNotFound.into())
    }

    /// Stores an activity and returns it as JSON.
    ///
    /// # Errors
    /// [`Code::CognitoUserIdBlank`] when no user here belongs to the token.
    pub async fn insert_activity(
        &self,
        key: Option<idempotency::Key>,
        user: &CurrentUser,
        new: NewActivity,
    ) -> Result<Vec<u8>> {
        self.activities.write(key, (user.clone(), new)).await
    }

    /// Stores a reply and returns it as JSON.
    ///
    /// # Errors
    /// [`Code::CognitoUserIdBlank`] when no user here belongs to the token, [`Code::ActivityNotFound`] when the
    /// parent does not exist or has expired.
    pub async fn insert_reply(
        &self,
        key: Option<idempotency::Key>,
        user: &CurrentUser,
        parent: Uuid,
        new: NewReply,
    ) -> Result<Vec<u8>> {
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

async fn read_user_pages(
    db: &Connection,
    queries: &[UserPageQuery],
) -> Result<Vec<Option<FeedPage>>> {
    let found = store::list_user_pages(db, queries).await?;
    let page = |(feed, (_, query)): (Option<FeedRows>, &UserPageQuery)| {
        feed.map(|feed| FeedPage::of_feed(feed.activities()?, query))
            .transpose()
    };
    found.into_iter().zip(queries).map(page).collect()
}
