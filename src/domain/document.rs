//! A JSON document that is serialised and hashed once and may be sent in many responses.

use bytes::Bytes;
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_128;

/// The initial size of the buffer in bytes. Most pages are shorter, so the buffer seldom grows.
const CAPACITY: usize = 8192;

/// JSON and its hash, from which `http` makes the entity tag. A clone copies no bytes.
#[derive(Debug, Clone)]
pub struct Document {
    /// The JSON.
    pub bytes: Bytes,
    /// XXH3 of the bytes.
    pub hash: u128,
}

impl Document {
    /// Serialises `value`.
    ///
    /// # Errors
    /// `value` cannot be serialised.
    pub fn of(value: &impl Serialize) -> Result<Self, serde_json::Error> {
        let mut bytes = Vec::with_capacity(CAPACITY);
        serde_json::to_writer(&mut bytes, value)?;
        Ok(Self::of_json(bytes))
    }

    /// Hashes JSON that is serialised already.
    pub fn of_json(json: Vec<u8>) -> Self {
        Self {
            hash: xxh3_128(&json),
            bytes: json.into(),
        }
    }

    /// The size of the buffer that holds the JSON, in bytes: it doubles as it grows.
    pub fn allocated_bytes(&self) -> usize {
        self.bytes.len().next_power_of_two().max(CAPACITY)
    }
}
