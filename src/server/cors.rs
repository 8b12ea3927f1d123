//! Cross-origin resource sharing (CORS): the methods and headers that pages of the allowed origins may use.

use actix_cors::Cors;
use actix_web::http::header;

use crate::config::HttpConfig;

/// The CORS policy for the configured origins.
pub fn policy(http: &HttpConfig) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
        .allowed_headers([
            header::ACCEPT,
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
            header::HeaderName::from_static("idempotency-key"),
            header::HeaderName::from_static("traceparent"),
        ])
        .expose_headers([
            header::AUTHORIZATION,
            header::ETAG,
            header::LINK,
            header::HeaderName::from_static("live-cursor"),
            header::RETRY_AFTER,
            header::HeaderName::from_static("ratelimit"),
            header::HeaderName::from_static("ratelimit-policy"),
            header::HeaderName::from_static("x-request-id"),
        ])
        // `etag` and `security_headers` set `Vary`.
        .disable_vary_header()
        .max_age(3600);
    let http = http.clone();
    cors.allowed_origin_fn(move |origin, _| origin.to_str().is_ok_and(|origin| http.allows(origin)))
}
