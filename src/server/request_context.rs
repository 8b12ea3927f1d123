//! The outermost middleware: it gives each request an id, counts it in the metrics, and records it in the access log
//! and the traces. `envelope` makes the body of an error, and `security_headers` adds the headers of every response: they
//! are functions, because a middleware costs every request two allocations.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime};

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use uuid::Uuid;

use super::access_log;
use super::metrics::Metrics;
use super::pipelining::Unanswered;
use super::security_headers;
use super::served_request::ServedRequest;
use super::traces::{self, Traces};
use crate::error::envelope::Envelope;
use crate::http::request_id;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The maximum length of an id from a client, in bytes.
const MAX_ID: usize = 128;

/// The receivers of the method, route, status and duration of every request. Each worker has its own copy, because a
/// shared reference count would move between the caches of the cores.
#[derive(Clone)]
pub struct Observers {
    /// The metrics of the server.
    pub metrics: Metrics,
    /// The traces; `None` if no collector is configured.
    pub traces: Option<Arc<Traces>>,
    /// Whether the server is stopping. Then every response closes its connection.
    pub draining: Arc<AtomicBool>,
}

/// Handles a request with its id as the current one, and reports the response to `observers`.
pub async fn middleware<B: MessageBody>(
    observers: Rc<Observers>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let started = Instant::now();
    let id = find_or_make_id(&request);
    let method = request.method().clone();
    let traces = observers.traces.as_ref();
    let path = access_log::is_on(traces).then(|| request.path().to_owned());
    let envelope = Envelope::of(&request);
    let parent = traces.and_then(|_| traces::parent(&request));

    let unanswered = request.request().conn_data::<Rc<Unanswered>>().cloned();
    let outcome = request_id::scope(id.clone(), next.call(request)).await;
    let outcome = outcome.map(|response| envelope.seal(response));

    let took = started.elapsed();
    if let Some(unanswered) = unanswered {
        unanswered.answer_one();
    }
    let (status, route) = match &outcome {
        Ok(response) => (response.status(), response.request().match_pattern()),
        Err(error) => (error.as_response_error().status_code(), None),
    };
    observers
        .metrics
        .http
        .observe(&method, route.as_deref(), status, took, parent.as_ref());
    if let Some(path) = path {
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
    }
    outcome.map(|mut response| {
        if observers.draining.load(Ordering::Relaxed) {
            let head = response.response_mut().head_mut();
            head.set_connection_type(ConnectionType::Close);
        }
        let headers = response.headers_mut();
        headers.insert(X_REQUEST_ID, id);
        security_headers::insert(headers);
        response
    })
}

/// The client's `X-Request-Id`, if it has at most 128 bytes and only letters, digits and `-_.:/+=`; else a new uuid.
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
