//! The outermost layer of every request: its id, its count in the metrics, its line in the access log and its
//! span. `security_headers` knows the headers that every response has.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use uuid::Uuid;

use super::access_log;
use super::metrics::Metrics;
use super::security_headers;
use super::served_request::ServedRequest;
use super::traces::{self, Traces};
use crate::http::request_id;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id in bytes that is taken over from a client.
const MAX_ID: usize = 128;

/// Receivers of every response's method, route, status and duration. Each worker has its own copy, because the
/// reference count of a shared `Arc` would move between the caches of the cores.
#[derive(Clone)]
pub struct Observers {
    pub metrics: Metrics,
    /// `None` without a collector.
    pub traces: Option<Arc<Traces>>,
}

/// Handles a request under its id, and reports the response to `observers`.
pub async fn middleware<B: MessageBody>(
    observers: Rc<Observers>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let started = Instant::now();
    let id = find_or_make_id(&request);
    let method = request.method().clone();
    let path = request.path().to_owned();
    let traces = observers.traces.as_ref();
    let parent = traces.and_then(|_| traces::parent(&request));

    let outcome = request_id::scope(id.clone(), next.call(request)).await;

    let took = started.elapsed();
    let (status, route) = match &outcome {
        Ok(response) => (response.status(), response.request().match_pattern()),
        Err(error) => (error.as_response_error().status_code(), None),
    };
    observers
        .metrics
        .observe(&method, route.as_deref(), status, took);
    let served = ServedRequest {
        id: id.clone(),
        method,
        path,
        route,
        status,
        duration: took,
        ended_at: SystemTime::now(),
        parent,
    };
    access_log::record(served, traces);
    outcome.map(|mut response| {
        let headers = response.headers_mut();
        headers.insert(X_REQUEST_ID, id);
        security_headers::insert(headers);
        response
    })
}

/// The id that the client sent in `X-Request-Id`, if it is short and of harmless characters; else a new uuid.
fn find_or_make_id(request: &ServiceRequest) -> HeaderValue {
    let given = request.headers().get(X_REQUEST_ID).filter(|value| {
        let bytes = value.as_bytes();
        (1..=MAX_ID).contains(&bytes.len())
            && bytes
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte))
    });
    given.cloned().unwrap_or_else(|| {
        HeaderValue::from_str(&Uuid::new_v4().to_string())
            .unwrap_or_else(|_| HeaderValue::from_static("none"))
    })
}
