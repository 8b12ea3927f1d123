//! The types of Cruddur's rules, without HTTP and without a database: error codes, texts, timestamps, cursors, pages and
//! idempotency keys. No file here imports actix-web or tokio-postgres.

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
