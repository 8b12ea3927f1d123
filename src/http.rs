//! What every slice's routes read and write alike: JSON bodies, texts, times, pages, ids in a
//! path, idempotency keys, request ids and the endpoints themselves. It knows nothing of users, activities or the database.

mod body;
mod endpoint;
mod once;
mod page;
mod path;
pub mod request_id;
mod tag;
mod text;
pub mod timestamp;

pub use body::{Body, answer_json, lenient_string};
pub use endpoint::{Endpoint, endpoint};
pub use once::{IdempotencyKey, Once};
pub use page::{Cursor, PageQuery};
pub use path::PathUuid;
pub use tag::{Tag, TaggedJson};
pub use text::TextRules;
