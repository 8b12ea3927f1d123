//! Activities: home, users' pages, threads, notifications, search, and writing and deleting them. `model` does no
//! I/O, `handlers` serve the routes, `batches` lets requests share statements, `home` decides whether home has to be
//! read again, `feeds` reads notifications and searches. `store` has one function for each statement of `sql/`, `rows`
//! makes activities and pages of rows, `search` alternates between two statements, `searches` has their connections.
//! `search_index` moves new words into the search index, `purge` deletes the rows of expired and deleted activities,
//! `moderation` removes an activity for an operator, `preview` is what a link to an activity shows.

mod batches;
mod feeds;
mod handlers;
mod home;
mod model;
mod moderation;
mod preview;
mod purge;
mod rows;
mod search;
mod search_index;
mod searches;
mod store;

use crate::http::{Routes, routes};
pub use batches::{Batches, SharedBatches};
pub use model::{
    Activity, DeletedActivity, MAX_MESSAGE_CHARS, MAX_REPLY_CHARS, MAX_SEARCH_TERM_CHARS,
    TimeToLive,
};
pub use moderation::remove;
pub use preview::Preview;
pub use purge::{PurgeCounter, purge_forever};
pub use search_index::flush_forever;
pub use searches::Searches;

/// The slice's routes, below `/api/activities`.
pub fn routes() -> Routes {
    routes![
        handlers::create_activity,
        handlers::list_home,
        handlers::list_notifications,
        handlers::search_activities,
        handlers::list_user_activities,
        handlers::show_thread,
        handlers::show_activity,
        handlers::delete_activity,
        handlers::create_reply,
    ]
}
