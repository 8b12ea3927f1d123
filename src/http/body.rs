//! The extractor of a JSON body: an object with the right content type that is not too large. The slices validate the
//! values.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, web};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{Code, Error};

/// A JSON object as `T`; keys that `T` does not have are ignored.
///
/// Errors: 415 `unsupported_media_type` unless the content type is `application/json`; 413
/// `payload_too_large`; 400 `malformed_json` for a body that is not a JSON object, an empty one included.
pub struct Body<T> {
    /// The deserialised object.
    pub value: T,
    /// The decompressed bytes of the body, which an idempotency key hashes.
    pub bytes: web::Bytes,
}

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let has_type = request.headers().contains_key(header::CONTENT_TYPE);
        let is_json = request
            .content_type()
            .eq_ignore_ascii_case("application/json");
        let read = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            if has_type && !is_json {
                return Err(Code::UnsupportedMediaType.into());
            }
            let bytes = read.await.map_err(|error| read_failure(&error))?;
            if !has_type && !bytes.is_empty() {
                return Err(Code::UnsupportedMediaType.into());
            }
            let object: Map<String, Value> =
                serde_json::from_slice(&bytes).map_err(|_| Code::MalformedJson)?;
            let value = T::deserialize(Value::Object(object)).map_err(|_| Code::MalformedJson)?;
            Ok(Self { value, bytes })
        })
    }
}

fn read_failure(error: &actix_web::Error) -> Code {
    match error.as_response_error().status_code().as_u16() {
        413 => Code::PayloadTooLarge,
        _ => Code::MalformedJson,
    }
}

/// A response with JSON that is serialised already.
pub fn answer_json(json: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(json)
}
