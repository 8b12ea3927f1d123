//! The extractor of a uuid in a path. It does not check whether a row has that id.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use uuid::Uuid;

use crate::error::{Code, Error};

/// The path's `{uuid}`, in the hyphenated form only. Error: 400 `malformed_uuid`.
#[derive(Debug, Clone, Copy)]
pub struct PathUuid(pub Uuid);

impl FromRequest for PathUuid {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let text = request.match_info().get("uuid").unwrap_or_default();
        ready(match Uuid::try_parse(text) {
            Ok(uuid) if text.len() == 36 => Ok(Self(uuid)),
            _ => Err(Code::MalformedUuid.into()),
        })
    }
}
