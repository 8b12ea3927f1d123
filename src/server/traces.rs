//! OpenTelemetry traces, if a collector is configured: a span for each sampled request, with the values of its
//! access-log line. Statements have no spans, since many requests may share one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderMap;
use async_trait::async_trait;
use bytes::Bytes;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{Span, SpanKind, Status, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use reqwest::redirect::Policy;
use tokio::runtime::Handle;

use super::metrics;
use super::served_request::ServedRequest;
use crate::config::{TraceSampler, TracesConfig};
use crate::error::{Error, Result, chain};

/// The time-out of one export.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);
/// The time-out of the last export, when the server stops.
const END_TIMEOUT: Duration = Duration::from_secs(1);

/// Records spans. The exporter's thread collects them, and the server's runtime sends them in batches.
pub struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

impl Traces {
    /// Starts the exporter, which sends in the current Tokio runtime.
    ///
    /// # Errors
    /// The exporter or its HTTP client cannot be made.
    pub fn new(config: &TracesConfig) -> Result<Self> {
        let failed = |error| Error::internal("the exporter of the traces cannot be made", error);
        let client = reqwest::Client::builder()
            .timeout(EXPORT_TIMEOUT)
            // The configured headers hold credentials, which another host must not get.
            .redirect(Policy::none())
            .build()
            .map_err(|error| Error::internal("the HTTP client cannot be made", error))?;
        let collector = Collector {
            client,
            runtime: Handle::current(),
            is_failing: AtomicBool::new(false),
        };
        let mut endpoint = config.endpoint.clone();
        endpoint.set_path(&format!(
            "{}/v1/traces",
            config.endpoint.path().trim_end_matches('/')
        ));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(collector)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint)
            .with_headers(config.headers())
            .with_timeout(EXPORT_TIMEOUT)
            .build()
            .map_err(failed)?;
        let resource = Resource::builder()
            .with_service_name(config.service_name.clone())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(sampler(config.sampler))
            .with_resource(resource)
            .build();
        Ok(Self {
            tracer: provider.tracer("cruddur"),
            provider,
        })
    }

    /// Records the span of a request if it is sampled. The attributes follow OpenTelemetry's semantic conventions for
    /// HTTP servers.
    pub fn record(&self, request: ServedRequest) {
        let span = self
            .tracer
            .span_builder("HTTP")
            .with_kind(SpanKind::Server)
            .with_start_time(request.ended_at - request.duration);
        let parent = request.parent.unwrap_or_default();
        let mut span = span.start_with_context(&self.tracer, &parent);
        if !span.is_recording() {
            return;
        }
        // A client can invent any number of methods.
        let method = match metrics::label(&request.method) {
            "OTHER" => "_OTHER",
            method => method,
        };
        if let Some(route) = request.route {
            span.update_name(format!("{method} {route}"));
            span.set_attribute(KeyValue::new("http.route", route));
        } else if method != "_OTHER" {
            span.update_name(method);
        }
        let status = request.status.as_u16();
        let id = request.id.to_str().unwrap_or_default().to_owned();
        span.set_attributes([
            KeyValue::new("http.request.method", method),
            KeyValue::new("url.scheme", "http"),
            KeyValue::new("url.path", request.path),
            KeyValue::new("http.response.status_code", i64::from(status)),
            KeyValue::new("cruddur.request_id", id),
        ]);
        if request.status.is_server_error() {
            span.set_attribute(KeyValue::new("error.type", status.to_string()));
            span.set_status(Status::error(""));
        }
        span.end_with_timestamp(request.ended_at);
    }

    /// Sends the remaining spans and stops the exporter.
    pub async fn end(self: Arc<Self>) {
        let ending = move || self.provider.shutdown_with_timeout(END_TIMEOUT);
        if let Ok(Err(error)) = tokio::task::spawn_blocking(ending).await {
            tracing::warn!("the last traces were not sent: {error}");
        }
    }
}

/// The trace that the request's `traceparent` names (W3C Trace Context); `None` without that header.
pub fn parent(request: &ServiceRequest) -> Option<Context> {
    let headers = request.headers();
    headers.get("traceparent")?;
    let propagator = TraceContextPropagator::new();
    Some(propagator.extract_with_context(&Context::new(), &Headers(headers)))
}

fn sampler(config: TraceSampler) -> Sampler {
    let share = Sampler::TraceIdRatioBased(config.share);
    match config.follows_parent {
        true => Sampler::ParentBased(Box::new(share)),
        false => share,
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}

/// Sends the exporter's requests in the server's runtime, because the exporter's thread has none.
#[derive(Debug)]
struct Collector {
    client: reqwest::Client,
    runtime: Handle,
    /// Whether the last export failed, so that an outage is logged once.
    is_failing: AtomicBool,
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sending = async move { client.send_bytes(request).await };
        let response = self.runtime.spawn(sending).await?;
        let failure = match &response {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(format!("the collector answered {}", response.status())),
            // The error's own text is left out: it contains the URL, which may contain credentials.
            Err(error) => Some(error.source().map_or("no connection".to_owned(), chain)),
        };
        let was_failing = self.is_failing.swap(failure.is_some(), Ordering::Relaxed);
        if let (Some(failure), false) = (failure, was_failing) {
            tracing::warn!("traces were not sent: {failure}");
        }
        // The exporter gets failures too, and decides which export it repeats.
        response
    }
}
