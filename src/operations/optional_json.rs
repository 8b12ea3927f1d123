//! The optional JSON body of an operation. Every key has a default, so the body may be missing. An unknown
//! key is refused, so that a misspelt `dry_run` does not run the operation.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::http::Body;

/// A JSON object as `T`, or `T`'s default when the request has no body. `T` is
/// `#[serde(default, deny_unknown_fields)]`.
///
/// # Errors
/// Those of [`Body`].
pub struct OptionalJson<T>(pub T);

impl<T: DeserializeOwned + Default + 'static> FromRequest for OptionalJson<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let headers = request.headers();
        let length = headers.get(header::CONTENT_LENGTH);
        let is_empty = length.is_none_or(|length| length == "0")
            && !headers.contains_key(header::TRANSFER_ENCODING);
        if is_empty {
            return Box::pin(async { Ok(Self(T::default())) });
        }
        let body = Body::<T>::from_request(request, payload);
        Box::pin(async move { Ok(Self(body.await?.value)) })
    }
}
