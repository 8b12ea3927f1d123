//! What the server records of a request after its response: the access log and the traces both read it. It holds no
//! query string, which may contain what a person searched for.

use std::time::{Duration, SystemTime};

use actix_web::http::header::HeaderValue;
use actix_web::http::{Method, StatusCode};
use opentelemetry::Context;

/// A request that has its response.
pub struct ServedRequest {
    /// The `X-Request-Id`.
    pub id: HeaderValue,
    pub method: Method,
    pub path: String,
    /// The pattern of the route; `None` where no route matches.
    pub route: Option<String>,
    pub status: StatusCode,
    /// From the request's head to the response's.
    pub duration: Duration,
    /// When the response was ready.
    pub ended_at: SystemTime,
    /// The trace that the request's `traceparent` names.
    pub parent: Option<Context>,
}
