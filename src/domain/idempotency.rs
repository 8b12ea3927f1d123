//! Which requests count as the same request: the scope of an `Idempotency-Key`. The database stores the keys and
//! their answers.

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// An `Idempotency-Key` within its scope, and the body that it was sent with.
#[derive(Debug, Clone)]
pub struct Key {
    /// The `sub` of the user who writes.
    pub subject: String,
    /// Method and path; an id in the path is part of it.
    pub route: String,
    /// The header's value: 1 to 255 visible ASCII characters.
    pub value: String,
    /// The XXH3 hash of the body.
    pub fingerprint: [u8; 16],
}

impl Key {
    /// `body`: the bytes as they arrived.
    pub fn new(subject: &str, route: String, value: String, body: &[u8]) -> Self {
        Self {
            subject: subject.to_owned(),
            route,
            value,
            fingerprint: xxh3_128(body).to_be_bytes(),
        }
    }

    /// The number of the advisory lock that one request with this key holds at a time.
    pub fn lock_id(&self) -> i64 {
        let text = [&*self.subject, &self.route, &self.value].join("\0");
        xxh3_64(text.as_bytes()).cast_signed()
    }
}
