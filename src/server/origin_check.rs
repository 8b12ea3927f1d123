//! Refuses writes that a page of another origin sends. Which origins may read responses is `cors`'s.

use actix_web::dev::ServiceRequest;
use actix_web::http::{Method, header};
use actix_web::web::Data;

use crate::config::HttpConfig;

/// Whether the request is a write whose `Origin` is neither this server nor a configured frontend. A browser
/// names the page's origin on every write, and CORS would only hide the response: the write would be done.
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
        .is_some_and(|http| http.origins.iter().any(|allowed| allowed == origin));
    !is_own && !is_allowed
}
