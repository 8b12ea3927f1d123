//! A user's own account as a whole, over the tables of all slices: the export of everything that the user has written,
//! and the deletion. `model` does no I/O, `handlers` serve the routes, `export` streams one export, `exports` limits how
//! many run at once, `purge` deletes the rows of deleted users, `store` has one function for each statement of `sql/`.
//!
//! A table whose rows belong to a user has two statements here: one that reads a page of them for `export`, and one that
//! deletes some of them for `purge`.

mod export;
mod exports;
mod handlers;
mod model;
mod purge;
mod store;

use crate::http::{Routes, routes};
pub use exports::Exports;
pub use purge::{PURGE_INTERVAL, purge_forever};

/// The slice's routes, below `/api`.
pub fn routes() -> Routes {
    routes![handlers::export_profile, handlers::delete_profile]
}
