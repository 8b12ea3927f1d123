//! The HTTP parts that all routes share: extractors for JSON bodies, pages, uuids in a path and the idempotency key,
//! what a client accepts, responses with entity tags, request ids, and the registration of routes. It imports neither
//! slices nor the database.

mod accept;
mod body;
mod endpoint;
mod etag;
mod idempotency;
mod page;
mod path;
mod peer;
pub mod request_id;
mod routes;
mod shares;

pub use accept::{accepts_json, asks_for_events, asks_for_html, asks_for_ndjson};
pub use body::{Body, answer_json};
pub use endpoint::{Endpoint, endpoint};
pub use etag::EntityTag;
pub use idempotency::IdempotencyHeader;
pub use page::{
    Direction, NewestFirst, OldestFirst, answer_document, answer_page, answer_whole,
    with_live_cursor,
};
pub use path::PathUuid;
pub use peer::PeerState;
pub(crate) use routes::routes;
pub use routes::{DocumentedRoute, Routes};
pub use shares::{Share, Shares};
