//! Private messages between two users, who are the members of a message group. Other users get 404 for the group.
//! `model` does no I/O, `handlers` serve the routes, `pool` has their connections, `store` has one function for each
//! statement of `sql/`.

mod handlers;
mod model;
mod pool;
mod store;

use crate::http::{Routes, routes};
pub use model::{LiveMessage, MAX_DIRECT_MESSAGE_CHARS};
pub use pool::{CONNECTIONS, MessagePool};
pub use store::list_by_uuids;

/// The slice's routes, below `/api`.
pub fn routes() -> Routes {
    routes![
        handlers::list_message_groups,
        handlers::create_message,
        handlers::list_messages_with_user,
        handlers::list_messages,
    ]
}
