//! Private messages between two users: their groups, the conversations, and writing. Nobody else
//! learns that a group exists. `model` is pure, `handlers` speak HTTP, `store` holds one function
//! for each statement of `sql/`.

mod handlers;
mod model;
mod store;

use crate::http::{Routes, routes};
pub use model::MAX_DIRECT_MESSAGE_CHARS;

/// The slice's routes, below `/api`.
pub fn routes() -> Routes {
    routes![
        handlers::list_message_groups,
        handlers::create_message,
        handlers::list_messages_with_user,
        handlers::list_messages,
    ]
}
