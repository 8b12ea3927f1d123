//! Traces for OpenTelemetry, where a collector is named: a span for each sampled request, with what its log
//! line has. Statements have none of their own: many requests share one.

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

use super::answered::Answered;
use super::metrics;
use crate::config::{TraceSampler, TracesConfig};
use crate::error::{Error, Result, chain};

const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);
/// For how long the last spans may be on their way when the server ends.
const END_TIMEOUT: Duration = Duration::from_secs(1);

/// Where spans are made. A thread of their own gathers them and hands many at once to the server's runtime,
/// which sends them.
pub struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

impl Traces {
    /// Needs a runtime, in which spans are sent.
    pub fn new(config: &TracesConfig) -> Result<Self> {
        let failed = |error| Error::internal("the traces' exporter cannot be made", error);
        let client = reqwest::Client::builder()
            .timeout(EXPORT_TIMEOUT)
            // Another host is not to get the headers.
            .redirect(Policy::none())
            .build()
            .map_err(|error| Error::internal("the HTTP client cannot be made", error))?;
        let collector = Collector {
            client,
            runtime: Handle::current(),
            is_away: AtomicBool::new(false),
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

    /// Makes the request's span, if it is one to be traced. Attributes are named by the semantic conventions
    /// for HTTP servers.
    pub fn record(&self, answered: Answered) {
        let span = self
            .tracer
            .span_builder("HTTP")
            .with_kind(SpanKind::Server)
            .with_start_time(answered.at - answered.took);
        let parent = answered.parent.unwrap_or_default();
        let mut span = span.start_with_context(&self.tracer, &parent);
        if !span.is_recording() {
            return;
        }
        // A client can invent methods without end.
        let method = match metrics::label(&answered.method) {
            "OTHER" => "_OTHER",
            method => method,
        };
        if let Some(route) = answered.route {
            span.update_name(format!("{method} {route}"));
            span.set_attribute(KeyValue::new("http.route", route));
        } else if method != "_OTHER" {
            span.update_name(method);
        }
        let status = answered.status.as_u16();
        let id = answered.id.to_str().unwrap_or_default().to_owned();
        span.set_attributes([
            KeyValue::new("http.request.method", method),
            KeyValue::new("url.scheme", "http"),
            KeyValue::new("url.path", answered.path),
            KeyValue::new("http.response.status_code", i64::from(status)),
            KeyValue::new("cruddur.request_id", id),
        ]);
        if answered.status.is_server_error() {
            span.set_attribute(KeyValue::new("error.type", status.to_string()));
            span.set_status(Status::error(""));
        }
        span.end_with_timestamp(answered.at);
    }

    /// Sends what is left.
    pub async fn end(self: Arc<Self>) {
        let ending = move || self.provider.shutdown_with_timeout(END_TIMEOUT);
        if let Ok(Err(error)) = tokio::task::spawn_blocking(ending).await {
            tracing::warn!("the last traces were not sent: {error}");
        }
    }
}

/// The trace that a request belongs to, where its `traceparent` names one (W3C Trace Context).
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

/// Sends in the server's runtime what the exporter's thread, which has none, gives it.
#[derive(Debug)]
struct Collector {
    client: reqwest::Client,
    runtime: Handle,
    /// Told once for each outage.
    is_away: AtomicBool,
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sending = async move { client.send_bytes(request).await };
        let answer = self.runtime.spawn(sending).await?;
        let failure = match &answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("the collector answered {}", answer.status())),
            // With the causes, and without the address.
            Err(error) => Some(error.source().map_or("no connection".to_owned(), chain)),
        };
        let was_away = self.is_away.swap(failure.is_some(), Ordering::Relaxed);
        if let (Some(failure), false) = (failure, was_away) {
            tracing::warn!("traces were not sent: {failure}");
        }
        // Whatever it is: the exporter knows what may be tried again.
        answer
    }
}
