//! The routes that everybody uses, asked and written in batches: home, threads, users' pages, new
//! activities and replies. What else there is goes to the database by itself.

use std::sync::Arc;

use futures_util::FutureExt;
use uuid::Uuid;

use super::home::Home;
use super::model::{Activity, NewActivity, NewReply};
use super::rows::{FeedRows, ThreadRows};
use super::store;
use crate::auth::CurrentUser;
use crate::db::batch::{Lanes, Reads, Writes};
use crate::db::{Connection, Pool};
use crate::domain::{Cursor, Document, PageQuery, idempotency};
use crate::error::{Code, Error, Result};

/// Everyone waits for the same few pages, so one statement serves them all; and one lane has one session,
/// whose snapshots can be compared.
const HOME: Lanes = Lanes {
    count: 1,
    max_batch: 1024,
};
/// Little is saved by a larger batch of these, and much by a core that need not wait for one: while
/// statements run, the answers to others are written.
const THREADS: Lanes = Lanes {
    count: 4,
    max_batch: 16,
};
/// A page has twenty times the rows.
const USER_PAGES: Lanes = Lanes {
    count: 4,
    max_batch: 8,
};
/// A second transaction makes its changes while the first one waits for the disk.
const WRITES: Lanes = Lanes {
    count: 2,
    max_batch: 128,
};

/// A feed's page as JSON, cut, and where the next one begins. Made where its rows come in: for everybody
/// who waits for it, and by the core that has them at hand.
#[derive(Clone)]
pub struct Page {
    pub json: Document,
    pub next: Option<Cursor>,
}

impl Page {
    pub fn of(mut activities: Vec<Activity<'_>>, query: &PageQuery) -> Result<Self> {
        let next = query.cut(&mut activities, Activity::cursor);
        let json = Document::of(&activities)
            .map_err(|error| Error::internal("a page cannot be serialised", error))?;
        Ok(Self { json, next })
    }
}

/// The slice's batches.
pub struct Batches {
    home: Reads<PageQuery, Page>,
    threads: Reads<(Uuid, PageQuery), Option<Arc<ThreadRows>>>,
    user_pages: Reads<(String, PageQuery), Option<Page>>,
    activities: Arc<Writes<(CurrentUser, NewActivity)>>,
    replies: Arc<Writes<(CurrentUser, Uuid, NewReply)>>,
}

impl Batches {
    /// Needs a runtime, in which they run.
    pub fn new(pool: &Pool) -> Result<Self> {
        let home = Arc::new(Home::default());
        Ok(Self {
            home: Reads::new(pool, HOME, move |db, pages| {
                let home = home.clone();
                async move { home.read(db, pages).await }.boxed()
            })?,
            threads: Reads::new(pool, THREADS, |db, asked| read_threads(db, asked).boxed())?,
            user_pages: Reads::new(pool, USER_PAGES, |db, asked| {
                read_user_pages(db, asked).boxed()
            })?,
            activities: Arc::new(Writes::new(pool, WRITES, |db, new| {
                store::insert_activities(db, new).boxed()
            })?),
            replies: Arc::new(Writes::new(pool, WRITES, |db, new| {
                store::insert_replies(db, new).boxed()
            })?),
        })
    }

    /// The same, for the requests of another worker.
    pub fn for_worker(&self) -> Self {
        Self {
            home: self.home.for_worker(),
            threads: self.threads.for_worker(),
            user_pages: self.user_pages.for_worker(),
            activities: self.activities.clone(),
            replies: self.replies.clone(),
        }
    }

    pub async fn list_home(&self, page: PageQuery) -> Result<Page> {
        self.home.ask(page).await
    }

    /// # Errors
    /// [`Code::ActivityNotFound`] when it is not there or has expired.
    pub async fn find_thread(&self, uuid: Uuid, page: PageQuery) -> Result<Arc<ThreadRows>> {
        let thread = self.threads.ask((uuid, page)).await?;
        thread.ok_or(Code::ActivityNotFound.into())
    }

    /// # Errors
    /// [`Code::UserNotFound`] when nobody has that handle.
    pub async fn list_by_user(&self, handle: &str, page: PageQuery) -> Result<Page> {
        if !crate::users::is_legal_handle(handle) {
            return Err(Code::UserNotFound.into());
        }
        let found = self.user_pages.ask((handle.to_lowercase(), page)).await?;
        found.ok_or(Code::UserNotFound.into())
    }

    /// The stored activity as JSON.
    ///
    /// # Errors
    /// [`Code::CognitoUserIdBlank`] when nobody here belongs to the token.
    pub async fn insert_activity(
        &self,
        once: Option<idempotency::Key>,
        user: &CurrentUser,
        new: NewActivity,
    ) -> Result<Vec<u8>> {
        self.activities.write(once, (user.clone(), new)).await
    }

    /// The stored reply as JSON.
    ///
    /// # Errors
    /// [`Code::CognitoUserIdBlank`] when nobody here belongs to the token,
    /// [`Code::ActivityNotFound`] when the parent is gone.
    pub async fn insert_reply(
        &self,
        once: Option<idempotency::Key>,
        user: &CurrentUser,
        parent: Uuid,
        new: NewReply,
    ) -> Result<Vec<u8>> {
        self.replies.write(once, (user.clone(), parent, new)).await
    }
}

async fn read_threads(
    db: &Connection,
    asked: &[(Uuid, PageQuery)],
) -> Result<Vec<Option<Arc<ThreadRows>>>> {
    let found = store::find_threads(db, asked).await?.into_iter();
    Ok(found.map(|thread| thread.map(Arc::new)).collect())
}

async fn read_user_pages(
    db: &Connection,
    asked: &[(String, PageQuery)],
) -> Result<Vec<Option<Page>>> {
    let found = store::list_user_pages(db, asked).await?;
    let page = |(feed, (_, query)): (Option<FeedRows>, &(String, PageQuery))| {
        feed.map(|feed| Page::of(feed.activities()?, query))
            .transpose()
    };
    found.into_iter().zip(asked).map(page).collect()
}
