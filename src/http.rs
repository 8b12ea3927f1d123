//! How routes read requests and write answers: JSON bodies, pages, ids in a path, the idempotency header,
//! entity tags, request ids and the endpoints themselves. It knows nothing of users, activities or the database.

mod body;
mod endpoint;
mod etag;
mod idempotency;
mod page;
mod path;
pub mod request_id;
mod routes;

pub use body::{Body, answer_json};
pub use endpoint::{Endpoint, endpoint};
pub use etag::EntityTag;
pub use idempotency::IdempotencyHeader;
pub use page::{Direction, NewestFirst, OldestFirst, answer_document, answer_page};
pub use path::PathUuid;
pub(crate) use routes::routes;
pub use routes::{DocumentedRoute, Routes};
