//! Reactions: likes and reposts of activities, who made them, and what a user liked and reposted. `model` does no I/O,
//! `handlers` serve the routes, `batches` lets writes share statements, `lists` reads pages, `store` has one function for
//! each statement of `sql/`. The triggers of the table `reactions` keep the counts of activities; the purge of
//! `activities` deletes the reactions to expired and deleted activities.

mod batches;
mod handlers;
mod lists;
mod model;
mod store;

use crate::http::{Routes, routes};
pub use batches::{Batches, CONNECTIONS};

/// The routes below `/api/activities`.
pub fn activity_routes() -> Routes {
    routes![
        handlers::create_like,
        handlers::delete_like,
        handlers::create_repost,
        handlers::delete_repost,
        handlers::list_likes,
        handlers::list_reposts,
    ]
}

/// The routes below `/api/users`.
pub fn user_routes() -> Routes {
    routes![
        handlers::list_liked_activities,
        handlers::list_reposted_activities,
    ]
}
