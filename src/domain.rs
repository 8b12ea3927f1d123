//! Types that need neither HTTP nor a database: error codes, texts, timestamps, cursors, pages and idempotency keys. No
//! file in this module imports actix-web or tokio-postgres.

mod code;
mod cursor;
mod document;
pub mod idempotency;
mod page;
mod text;
pub mod timestamp;

pub use code::Code;
pub use cursor::Cursor;
pub use document::Document;
pub use page::{MAX_LIMIT, PageQuery};
pub use text::{TextRules, lenient_string};
