//! Streams of events: what changes on the pages that a client shows, while it shows them. A task of each server asks the
//! table of changes while it has streams, and a stream can go on at any server, after any page, for ten minutes.
//!
//! `handlers` serve the routes, `query` reads a request for a stream, `viewer` tells who opens a stream and with which
//! topics, `limits` how many are open.
//! `looking` is the task: `step` puts what it finds in order, `render` reads what the steps show (`shown` has their
//! activities), `event` is the text of one, `hub` has the open streams, `subscriber` is one of them and `stream` its
//! response. `resume` finds what a stream has missed since its `cursor`. `store` has one function for each statement of
//! `sql/`, `tickets` deletes old ones, `metrics` counts.

mod cursor;
mod event;
mod handlers;
mod hub;
mod limits;
mod looking;
mod metrics;
mod query;
mod render;
mod resume;
mod shown;
mod step;
mod store;
mod stream;
mod subscriber;
mod tickets;
mod topic;
mod viewer;

use crate::http::{Routes, routes};
pub use hub::Hub;
pub use limits::Live;
pub use looking::look_forever;
pub use metrics::LiveMetrics;
pub use tickets::delete_old_forever;

/// The connections of a server that serve only looks for streams.
pub const CONNECTIONS: usize = 1;

/// The routes of streams, below `/api`.
pub fn routes() -> Routes {
    routes![handlers::stream_events, handlers::create_ticket]
}
