//! Moderation: what users and operators do against unwanted activities and messages. `blocks` serves the routes with
//! which a user blocks another one, `suspension` lets an operator suspend a user. The slices that write activities,
//! messages and profiles refuse blocked and suspended users in their own statements.

mod blocks;
mod suspension;

use crate::http::Routes;
pub use suspension::{
    SuspendableUser, delete_suspension, find_user, insert_suspension, list_suspended_users,
};

/// The slice's routes, below `/api`.
pub fn routes() -> Routes {
    blocks::routes()
}
