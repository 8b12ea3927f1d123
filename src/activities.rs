//! Activities: home, a user's page, a thread, notifications, search, and writing and deleting them. `model`
//! is pure, `handlers` speak HTTP, `batches` lets them share statements, `home` knows whether it has to be
//! read again, `store` holds one function for each statement of `sql/`, `rows` knows what their rows make,
//! `search` asks two of them by turns, `settle` moves new words into the search's index, `purge` removes
//! what has expired.

mod batches;
mod handlers;
mod home;
mod model;
mod moderation;
mod purge;
mod rows;
mod search;
mod search_index;
mod store;

use crate::http::{Routes, routes};
pub use batches::Batches;
pub use model::{
    Activity, DeletedActivity, MAX_MESSAGE_CHARS, MAX_REPLY_CHARS, MAX_SEARCH_TERM_CHARS,
    TimeToLive,
};
pub use moderation::remove;
pub use purge::{PurgeCounter, purge_forever};
pub use search_index::flush_forever;

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
