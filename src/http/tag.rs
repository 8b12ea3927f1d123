//! Entity tags (RFC 9110, section 8.8.3), made from the very bytes of an answer. Who compares them is the
//! server's business.

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_128;

use crate::error::{Error, Result};

/// The tag of one answer. Weak: the same answer may be sent in several encodings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(HeaderValue);

impl Tag {
    pub fn of(answer: &[u8]) -> Self {
        let text = format!("W/\"{:032x}\"", xxh3_128(answer));
        Self(HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("W/\"\"")))
    }

    pub fn value(&self) -> &HeaderValue {
        &self.0
    }
}

/// An answer that many get: written and tagged once.
#[derive(Debug, Clone)]
pub struct TaggedJson {
    pub(super) bytes: Bytes,
    pub(super) tag: Tag,
}

impl TaggedJson {
    /// # Errors
    /// A value that cannot be written as JSON.
    pub fn of(value: &impl Serialize) -> Result<Self> {
        // A page is some kilobytes: to begin with as many spares it from being moved as it grows.
        let mut bytes = Vec::with_capacity(8192);
        serde_json::to_writer(&mut bytes, value)
            .map_err(|error| Error::internal("an answer cannot be written", error))?;
        Ok(Self {
            tag: Tag::of(&bytes),
            bytes: bytes.into(),
        })
    }
}
