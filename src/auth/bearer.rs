//! Parses the `Authorization` header. `Bearer null`, which an early client sends when it is not signed in, counts as no
//! token.

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::error::{Code, Result};

/// The bearer token of a request; `None` without one. The scheme may be in upper or lower case (RFC 9110, section 11.1)
/// and is followed by one space.
///
/// # Errors
/// [`Code::Unauthenticated`] for a header with another scheme or format.
pub fn token(request: &HttpRequest) -> Result<Option<&str>> {
    let Some(value) = request.headers().get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let value = value
        .to_str()
        .map_err(|_| Code::Unauthenticated)?
        .trim_end();
    if value.is_empty() {
        return Ok(None);
    }
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") || token.contains(' ') {
        return Err(Code::Unauthenticated.into());
    }
    Ok(Some(token).filter(|token| !matches!(*token, "" | "null" | "undefined")))
}
