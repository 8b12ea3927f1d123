//! A JSON document that many requests get: serialised once, with a hash of its bytes.

use bytes::Bytes;
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_128;

/// A page is some kilobytes: a buffer of this size does not move while it grows.
const CAPACITY: usize = 8192;

/// Bytes of JSON and their XXH3 hash, of which HTTP makes an entity tag. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Document {
    pub bytes: Bytes,
    pub hash: u128,
}

impl Document {
    /// # Errors
    /// `value` cannot be serialised.
    pub fn of(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        let mut bytes = Vec::with_capacity(CAPACITY);
        serde_json::to_writer(&mut bytes, value)?;
        Ok(Self {
            hash: xxh3_128(&bytes),
            bytes: bytes.into(),
        })
    }
}
