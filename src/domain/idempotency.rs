//! An `Idempotency-Key` with its scope, which decides which requests repeat another one. `db::idempotency` stores keys
//! and responses.

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// An idempotency key in its scope, and the hash of the body that it was sent with.
#[derive(Debug, Clone)]
pub struct Key {
    /// The `sub` of the user who sent the request.
    pub subject: String,
    /// The method and the path, with the values of its parameters.
    pub route: String,
    /// The header's value: 1 to 255 visible ASCII characters.
    pub value: String,
    /// The XXH3 hash of the body.
    pub fingerprint: [u8; 16],
}

impl Key {
    /// Makes a key; `body` is the decompressed body of the request.
    pub fn new(subject: &str, route: String, value: String, body: &[u8]) -> Self {
        Self {
            subject: subject.to_owned(),
            route,
            value,
            fingerprint: xxh3_128(body).to_be_bytes(),
        }
    }

    /// The number of the advisory lock that makes requests with this key wait for each other.
    pub fn lock_id(&self) -> i64 {
        let text = [&*self.subject, &self.route, &self.value].join("\0");
        xxh3_64(text.as_bytes()).cast_signed()
    }
}
