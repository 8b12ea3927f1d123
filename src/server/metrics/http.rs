//! The metrics of requests. The label of a route is its pattern, which bounds the number of time series and keeps users'
//! handles out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::exemplar::HistogramWithExemplars;
use prometheus_client::metrics::family::Family;

use crate::metrics::Catalogue;
use crate::operations::history::Latencies;

/// Upper bounds of the latency histogram in seconds; the last one is the deadline of a request.
const BUCKETS: [f64; 11] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 3.0,
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

/// The id of the trace of a request that is an example for a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TraceLabels {
    trace_id: String,
}

type Latency = HistogramWithExemplars<TraceLabels>;

/// Requests and their latency; clones share them.
#[derive(Clone)]
pub struct HttpMetrics {
    requests: Family<RequestLabels, Counter>,
    latency: Family<RouteLabels, Latency, fn() -> Latency>,
    recent: Arc<Recent>,
}

/// All requests since the start, without labels, and the slowest one since the last look.
#[derive(Default)]
struct Recent {
    errors: AtomicU64,
    buckets: [AtomicU64; BUCKETS.len() + 1],
    max_micros: AtomicU64,
}

/// The numbers of requests between two looks.
pub struct Period {
    /// Responses of 500 and above.
    pub errors: u64,
    /// The latencies of all requests.
    pub latencies: Latencies,
}

/// What the last look has found, from which the next one is counted.
#[derive(Default)]
pub struct Look {
    errors: u64,
    buckets: [u64; BUCKETS.len() + 1],
}

impl HttpMetrics {
    /// Without any request.
    pub fn new() -> Self {
        let new: fn() -> Latency = || HistogramWithExemplars::new(BUCKETS.into_iter());
        Self {
            requests: Family::default(),
            latency: Family::new_with_constructor(new),
            recent: Arc::default(),
        }
    }

    /// Adds every metric to the catalogue.
    pub fn register(&self, catalogue: &mut Catalogue) {
        catalogue.begin_section("Requests");
        catalogue.add(
            "http_requests",
            &["method", "route", "status"],
            "Requests answered",
            self.requests.clone(),
        );
        catalogue.add_seconds(
            "http_request_duration",
            &["method", "route"],
            "Time from a request's head to its answer. A request with a sampled `traceparent` becomes the exemplar of its \
             bucket, with its `trace_id`",
            self.latency.clone(),
        );
    }

    /// Counts one response; `took` is the time from the head of the request to the head of the response. `trace` is the
    /// trace that the request names.
    pub fn observe(
        &self,
        method: &Method,
        route: Option<&str>,
        status: StatusCode,
        took: Duration,
        trace: Option<&Context>,
    ) {
        let method = label(method);
        let route = route.unwrap_or("none").to_owned();
        let labels = RouteLabels {
            method,
            route: route.clone(),
        };
        let exemplar = trace.and_then(|context| {
            let span = context.span().span_context().clone();
            span.is_sampled().then(|| TraceLabels {
                trace_id: span.trace_id().to_string(),
            })
        });
        self.latency
            .get_or_create(&labels)
            .observe(took.as_secs_f64(), exemplar, None);
        self.requests
            .get_or_create(&RequestLabels {
                method,
                route,
                status: status.as_u16(),
            })
            .inc();
        self.recent.count(status, took);
    }

    /// What has happened since `last`, which becomes this look.
    pub fn look(&self, last: &mut Look) -> Period {
        let recent = &self.recent;
        let errors = recent.errors.load(Ordering::Relaxed);
        let mut counts = Vec::with_capacity(BUCKETS.len() + 1);
        for (bucket, before) in recent.buckets.iter().zip(&mut last.buckets) {
            let count = bucket.load(Ordering::Relaxed);
            counts.push(count - *before);
            *before = count;
        }
        let max = Duration::from_micros(recent.max_micros.swap(0, Ordering::Relaxed));
        let period = Period {
            errors: errors - last.errors,
            latencies: Latencies {
                bounds: &BUCKETS,
                counts,
                max: max.as_secs_f64(),
            },
        };
        last.errors = errors;
        period
    }
}

impl Recent {
    fn count(&self, status: StatusCode, took: Duration) {
        let seconds = took.as_secs_f64();
        let bucket = BUCKETS.iter().position(|bound| seconds <= *bound);
        let bucket = &self.buckets[bucket.unwrap_or(BUCKETS.len())];
        bucket.fetch_add(1, Ordering::Relaxed);
        if status.is_server_error() {
            self.errors.fetch_add(1, Ordering::Relaxed);
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        // Most requests are not the slowest one: a read leaves the value in the caches of the other cores.
        if micros > self.max_micros.load(Ordering::Relaxed) {
            self.max_micros.fetch_max(micros, Ordering::Relaxed);
        }
    }
}

/// The label of a method: its name, or `OTHER` for a non-standard method, since clients can invent any number of names.
pub fn label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}
