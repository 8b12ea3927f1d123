//! The `Authorization` header. An early client sends `Bearer null` when it has no token; that counts as no token.

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::error::{Code, Result};

/// The bearer token; the scheme may have any case (RFC 9110, section 11.1), one space follows it.
///
/// # Errors
/// [`Code::Unauthenticated`] for a header that is no bearer token.
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
