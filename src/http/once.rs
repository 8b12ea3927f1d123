//! The `Idempotency-Key` header: which requests are the same request. That such a write happens once
//! is for the database.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderValue;
use actix_web::{FromRequest, HttpRequest};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::error::{Code, Error};

const HEADER: &str = "idempotency-key";
const MAX_KEY: usize = 255;

/// The key that a write may come with: 1 to 255 visible ASCII characters. Error: 400
/// `malformed_idempotency_key`.
#[derive(Debug)]
pub struct IdempotencyKey(Option<Key>);

#[derive(Debug)]
struct Key {
    key: String,
    route: String,
}

/// A write that happens once, however often the client sends it.
#[derive(Debug, Clone)]
pub struct Once {
    /// Who writes.
    pub subject: String,
    /// Method and path; an id in the path is part of it.
    pub route: String,
    pub key: String,
    /// A hash of the body.
    pub fingerprint: [u8; 16],
}

impl IdempotencyKey {
    /// What the key stands for; nothing without a key. `body`: the bytes as they arrived.
    pub fn once(self, subject: &str, body: &[u8]) -> Option<Once> {
        self.0.map(|Key { key, route }| Once {
            subject: subject.to_owned(),
            route,
            key,
            fingerprint: xxh3_128(body).to_be_bytes(),
        })
    }
}

impl Once {
    /// A number for the lock that only one request with this key can hold.
    pub fn lock(&self) -> i64 {
        let text = [&*self.subject, &self.route, &self.key].join("\0");
        xxh3_64(text.as_bytes()).cast_signed()
    }
}

impl FromRequest for IdempotencyKey {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut values = request.headers().get_all(HEADER);
        ready(match (values.next(), values.next()) {
            (None, _) => Ok(Self(None)),
            (Some(value), None) => read(value)
                .map(|key| {
                    let route = format!("{} {}", request.method(), request.path());
                    Self(Some(Key { key, route }))
                })
                .ok_or(Code::MalformedIdempotencyKey.into()),
            (Some(_), Some(_)) => Err(Code::MalformedIdempotencyKey.into()),
        })
    }
}

fn read(value: &HeaderValue) -> Option<String> {
    let key = value.to_str().ok()?;
    let is_legal = (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    is_legal.then(|| key.to_owned())
}
