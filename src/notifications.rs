//! Notices: each tells a user that another user has replied to, mentioned, liked or reposted. Triggers in the database
//! write and delete them (`migrations/V15__create_notices.sql`); this slice lists, counts and marks them.
//!
//! `model` does no I/O, `handlers` serve the routes, `feed` makes a page of notices with their activities, `purge` deletes
//! the notices of deleted activities, `store` has one function for each statement of `sql/`.

mod feed;
mod handlers;
mod model;
mod purge;
mod store;

use crate::http::{Routes, routes};
pub use feed::list_by_uuids;
pub use model::Notice;
pub use purge::purge_forever;

/// The slice's routes, below `/api`.
pub fn routes() -> Routes {
    routes![
        handlers::show_unread_notices,
        handlers::list_notices,
        handlers::mark_notices_read,
    ]
}
