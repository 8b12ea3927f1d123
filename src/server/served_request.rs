//! The record of a request and its response, from which the access log and the traces are written. It has no query
//! string, which may contain a user's search term.

use std::time::{Duration, SystemTime};

use actix_web::http::header::HeaderValue;
use actix_web::http::{Method, StatusCode};
use opentelemetry::Context;

/// A request whose response is ready.
pub struct ServedRequest {
    /// The value of `X-Request-Id`.
    pub id: HeaderValue,
    /// The method of the request.
    pub method: Method,
    /// The path of the request.
    pub path: String,
    /// The pattern of the route; `None` if no route matches.
    pub route: Option<String>,
    /// The status of the response.
    pub status: StatusCode,
    /// The time from the head of the request to the head of the response.
    pub duration: Duration,
    /// When the response was ready.
    pub ended_at: SystemTime,
    /// The trace that the request's `traceparent` names.
    pub parent: Option<Context>,
}
