//! Moderation: what users and operators do against unwanted activities and messages. `blocks` serves the routes with
//! which a user blocks another one, `suspension` lets an operator suspend a user. The slices that write activities,
//! messages and profiles refuse blocked and suspended users in their own statements. Users report activities, and
//! operators look at the `reports` with their copies of activities; `retention` deletes the copies when their time is
//! over.

mod blocks;
pub mod reports;
mod retention;
mod suspension;

use crate::http::Routes;
pub use reports::MAX_NOTE_CHARS;
pub use retention::{RETENTION_INTERVAL, delete_copies_forever};
pub use suspension::{
    SuspendableUser, delete_suspension, find_user, insert_suspension, list_suspended_users,
};

/// The slice's routes, below `/api`.
pub fn routes() -> Routes {
    blocks::routes()
}

/// The slice's routes below `/api/activities`.
pub fn activity_routes() -> Routes {
    reports::routes()
}
