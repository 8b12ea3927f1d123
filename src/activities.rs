//! Activities: home, users' pages, threads, notifications, search, and writing and deleting them. `model` does no
//! I/O, `handlers` serve the routes, `batches` answers from the cache and lets requests share statements, `home` reads
//! pages of home, `dependencies` says what pages depend on, `items` reads parts of pages, `feeds` reads notifications and
//! searches. `store` has one function for each statement of `sql/`, `rows` makes activities and pages of rows, `found`
//! takes cursors from rows, `search` walks the tail and the index of the search, `searches` has the connections for it.
//! `user_pages` makes users' pages for both generations of the React client, `reposts` those with what the user reposted.
//! `search_index` moves the words of new activities into the index, `purge` deletes the rows of expired and deleted
//! activities, `moderation` removes an activity for an operator, `preview` is what a link to an activity shows. `include`
//! reads what a request wants added, `viewer` adds the flags of its user, which `viewer_batches` reads; `reactors` are the reactions of
//! all users to a page, `known_reactors` keeps them.

mod batches;
mod dependencies;
mod feeds;
mod found;
mod handlers;
mod home;
mod include;
mod items;
mod known_reactors;
mod model;
mod moderation;
mod preview;
mod purge;
mod reactors;
mod reposts;
mod rows;
mod search;
mod search_index;
mod searches;
mod store;
mod user_pages;
mod viewer;
mod viewer_batches;

use crate::http::{Routes, routes};
pub use batches::{Batches, SharedBatches};
pub use feeds::read_found;
pub use found::Found;
pub use handlers::answer_feed;
pub use include::{IncludeViewer, Viewer, WithViewer};
pub use items::read as read_list_items;
pub use model::{
    Activity, DeletedActivity, MAX_MESSAGE_CHARS, MAX_REPLY_CHARS, MAX_SEARCH_TERM_CHARS,
    TimeToLive,
};
pub use moderation::remove;
pub use preview::Preview;
pub use purge::{PurgeCounter, purge_forever};
pub use rows::{FeedPage, FeedRows, outcomes};
pub use search_index::{SearchTail, index_forever};
pub use searches::Searches;
pub use store::list_by_uuids;
pub use viewer::ViewerReactions;

/// The connections of a server that serve only this slice, beside the shared pool.
pub const CONNECTIONS: usize = batches::CONNECTIONS + searches::CONNECTIONS;

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
