//! Entity tags (RFC 9110, section 8.8.3), made from the bytes of a response. The server's `etag` layer compares them.

use actix_web::http::header::HeaderValue;
use xxhash_rust::xxh3::xxh3_128;

use crate::domain::Document;

/// The tag of one response. It is weak, since the same response can have several content encodings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityTag(HeaderValue);

impl EntityTag {
    /// The tag of a response with these bytes.
    pub fn of(body: &[u8]) -> Self {
        Self::of_hash(xxh3_128(body))
    }

    /// The value of the `ETag` header.
    pub fn value(&self) -> &HeaderValue {
        &self.0
    }

    fn of_hash(hash: u128) -> Self {
        let text = format!("W/\"{hash:032x}\"");
        Self(HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("W/\"\"")))
    }
}

/// The tag of a document, whose bytes are hashed already.
pub fn of_document(document: &Document) -> EntityTag {
    EntityTag::of_hash(document.hash)
}
