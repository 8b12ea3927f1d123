//! The extractor of the `Idempotency-Key` header. `domain::idempotency` defines the scope of a key.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderValue;
use actix_web::{FromRequest, HttpRequest};

use crate::domain::idempotency;
use crate::error::{Code, Error};

const HEADER: &str = "idempotency-key";
const MAX_LENGTH: usize = 255;

/// The idempotency key of a write, if the client sent one: 1 to 255 visible ASCII characters.
///
/// Error: 400 `malformed_idempotency_key`.
#[derive(Debug)]
pub struct IdempotencyHeader(Option<Sent>);

#[derive(Debug)]
struct Sent {
    value: String,
    route: String,
}

impl IdempotencyHeader {
    /// The key in the scope of this user and route; `None` without the header. `body` is [`Body::bytes`].
    ///
    /// [`Body::bytes`]: super::Body::bytes
    pub fn into_key(self, subject: &str, body: &[u8]) -> Option<idempotency::Key> {
        self.0
            .map(|Sent { value, route }| idempotency::Key::new(subject, route, value, body))
    }
}

impl FromRequest for IdempotencyHeader {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut values = request.headers().get_all(HEADER);
        ready(match (values.next(), values.next()) {
            (None, _) => Ok(Self(None)),
            (Some(value), None) => read(value)
                .map(|value| {
                    let route = format!("{} {}", request.method(), request.path());
                    Self(Some(Sent { value, route }))
                })
                .ok_or(Code::MalformedIdempotencyKey.into()),
            (Some(_), Some(_)) => Err(Code::MalformedIdempotencyKey.into()),
        })
    }
}

fn read(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    let is_legal =
        (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    is_legal.then(|| text.to_owned())
}
