//! Blocks: the authenticated user blocks another user. A block is one-way. `model` does no I/O, `handlers` serve the
//! routes, `store` has one function for each statement.

mod handlers;
mod model;
mod store;

use crate::http::{Routes, routes};

/// The routes, below `/api`.
pub fn routes() -> Routes {
    routes![
        handlers::show_block,
        handlers::create_block,
        handlers::delete_block,
    ]
}
