//! Detects writes that a page of a foreign origin sends. `cors` decides which origins may read responses.

use actix_web::dev::ServiceRequest;
use actix_web::http::{Method, header};
use actix_web::web::Data;

use crate::config::HttpConfig;

/// Whether the request is a write whose `Origin` is neither this server nor an allowed one. A browser sends the
/// page's origin with every write. CORS alone would not suffice, since it hides the response only after the write.
pub fn is_foreign_write(request: &ServiceRequest) -> bool {
    if matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    ) {
        return false;
    }
    let text = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value: &header::HeaderValue| value.to_str().ok())
    };
    let Some(origin) = text(header::ORIGIN) else {
        return false;
    };
    let is_own = text(header::HOST).is_some_and(|host| {
        origin
            .split_once("://")
            .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
    });
    let is_allowed = request
        .app_data::<Data<HttpConfig>>()
        .is_some_and(|http| http.allows(origin));
    !is_own && !is_allowed
}
