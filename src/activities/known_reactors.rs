//! The reactions to the activities of pages in memory, kept as long as the page itself. A change of a reaction changes a
//! count on the page, so the cache then has another page, with another list of activities that have reactions: the list
//! in memory identifies the page.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::reactors::Reactors;

/// The number of pages whose reactions are kept. Each has 2 MB at most.
const MAX_PAGES: usize = 4;

/// The activities of a page that have reactions.
pub type Reacted = Arc<[Uuid]>;

/// The pages that viewers have read lately.
#[derive(Default)]
pub struct KnownReactors(Mutex<VecDeque<KnownPage>>);

struct KnownPage {
    reacted: Reacted,
    /// Which users have which Cognito id, see `WorkerCache::users_version`.
    users: u64,
    /// `None` after the first request for the flags of a user.
    reactors: Option<Arc<Reactors>>,
}

/// What is known of a page.
pub enum Known {
    /// No viewer has read the page. While it changes between any two requests, reading one user's flags costs less.
    Nothing,
    /// A viewer has read it before, so the reactions of all users are worth reading.
    Page,
    /// The reactions of all users.
    Reactors(Arc<Reactors>),
}

impl KnownReactors {
    /// What is known of a page that the cache returned when it had that version of the users.
    pub fn find(&self, reacted: &Reacted, users: u64) -> Known {
        let mut pages = self.pages();
        let page = pages.iter().find(|page| page.is(reacted, users));
        if let Some(page) = page {
            return page.reactors.clone().map_or(Known::Page, Known::Reactors);
        }
        pages.push_back(KnownPage {
            reacted: reacted.clone(),
            users,
            reactors: None,
        });
        if pages.len() > MAX_PAGES {
            pages.pop_front();
        }
        Known::Nothing
    }

    /// Keeps the reactions of all users to a page.
    pub fn insert(&self, reacted: &Reacted, users: u64, reactors: &Arc<Reactors>) {
        let mut pages = self.pages();
        let page = pages.iter_mut().find(|page| page.is(reacted, users));
        if let Some(page) = page {
            page.reactors = Some(reactors.clone());
        }
    }

    fn pages(&self) -> MutexGuard<'_, VecDeque<KnownPage>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KnownPage {
    fn is(&self, reacted: &Reacted, users: u64) -> bool {
        Arc::ptr_eq(&self.reacted, reacted) && self.users == users
    }
}
