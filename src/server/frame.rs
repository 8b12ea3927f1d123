//! The outermost layer: a request's id, its span, its count, its one log line, and the headers of every answer.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    HeaderName, HeaderValue, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::middleware::Next;
use uuid::Uuid;

use super::access_log;
use super::metrics::Metrics;
use super::served_request::ServedRequest;
use super::traces::{self, Traces};
use crate::http::request_id;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// A longer id from outside is replaced.
const MAX_ID: usize = 128;

/// Who is told of each request. Every worker has its own: what two cores count in one place, as the owners of
/// an `Arc` are, goes to and fro between their caches.
#[derive(Clone)]
pub struct Observers {
    pub metrics: Metrics,
    pub traces: Option<Arc<Traces>>,
}

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

    let outcome = request_id::serving(id.clone(), next.call(request)).await;

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
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        if !headers.contains_key(VARY) {
            headers.insert(VARY, HeaderValue::from_static("Origin"));
        }
        response
    })
}

/// The caller's id where it is decent, else a new one.
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
