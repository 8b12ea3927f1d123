//! Metrics for Prometheus: requests, latency, the pool, the database, the purge, the cache, the log and the
//! security group. The label of a
//! route is its pattern, which bounds the number of time series and keeps users' handles out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tracing_appender::non_blocking::ErrorCounter;

use super::security_group::SecurityGroupMetrics;
use crate::activities::SearchTail;
use crate::auth::{self, AdminGuard};
use crate::changes::CacheMetrics;
use crate::config::HttpConfig;
use crate::db::{Health, Pool};
use crate::error::{Code, Error, Result};
use crate::live::LiveMetrics;

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

/// The registry of this server and its metrics.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter>,
    latency: Family<RouteLabels, Histogram, fn() -> Histogram>,
    connections_in_use: Gauge,
    connections_idle: Gauge,
    connections_max: Gauge,
    database_up: Gauge,
    purged: Counter,
    search_tail: SearchTail,
    log_lines_dropped: Counter<u64, AtomicU64>,
    security_group: SecurityGroupMetrics,
    cache: CacheMetrics,
    live: LiveMetrics,
    pool: Pool,
    health: Arc<Health>,
    dropped_log_lines: Option<ErrorCounter>,
}

impl Metrics {
    /// Registers every metric. Each request for the metrics reads the current values of `pool`, `health` and
    /// `dropped_log_lines`.
    pub fn new(pool: Pool, health: Arc<Health>, dropped_log_lines: Option<ErrorCounter>) -> Self {
        let mut registry = Registry::with_prefix("cruddur");
        let requests = Family::default();
        let latency =
            Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> Histogram);
        let [in_use, idle, max, up] = [const { || Gauge::<i64>::default() }; 4].map(|new| new());
        let purged = Counter::default();
        let search_tail = SearchTail::default();
        let log_lines_dropped = Counter::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time from a request's head to its answer",
            Unit::Seconds,
            latency.clone(),
        );
        registry.register(
            "database_connections_in_use",
            "Pool connections in use",
            in_use.clone(),
        );
        registry.register(
            "database_connections_idle",
            "Pool connections idle",
            idle.clone(),
        );
        registry.register(
            "database_connections_max",
            "Pool connections at most",
            max.clone(),
        );
        registry.register(
            "database_up",
            "1 while the database is reachable",
            up.clone(),
        );
        registry.register(
            "activities_purged",
            "Expired and deleted activities removed",
            purged.clone(),
        );
        registry.register(
            "search_unindexed",
            "Activities whose words are not in the search index yet",
            search_tail.unindexed.clone(),
        );
        registry.register(
            "log_lines_dropped",
            "Lines of the log that were not written, because its reader did not read",
            log_lines_dropped.clone(),
        );
        let security_group = SecurityGroupMetrics::register(&mut registry);
        let cache = CacheMetrics::register(&mut registry);
        let live = LiveMetrics::register(&mut registry);
        Self {
            registry: Arc::new(registry),
            requests,
            latency,
            connections_in_use: in_use,
            connections_idle: idle,
            connections_max: max,
            database_up: up,
            purged,
            search_tail,
            log_lines_dropped,
            security_group,
            cache,
            live,
            pool,
            health,
            dropped_log_lines,
        }
    }

    /// Counts one response; `took` is the time from the head of the request to the head of the response.
    pub fn observe(
        &self,
        method: &Method,
        route: Option<&str>,
        status: StatusCode,
        took: Duration,
    ) {
        let method = label(method);
        let route = route.unwrap_or("none").to_owned();
        let labels = RouteLabels {
            method,
            route: route.clone(),
        };
        self.latency
            .get_or_create(&labels)
            .observe(took.as_secs_f64());
        self.requests
            .get_or_create(&RequestLabels {
                method,
                route,
                status: status.as_u16(),
            })
            .inc();
    }

    /// The counter of expired activities that were deleted.
    pub fn purged(&self) -> Counter {
        self.purged.clone()
    }

    /// The metrics of streams.
    pub fn live(&self) -> LiveMetrics {
        self.live.clone()
    }

    /// The length of the tail of the search.
    pub fn search_tail(&self) -> SearchTail {
        self.search_tail.clone()
    }

    /// The metrics of the security-group rule.
    pub fn security_group(&self) -> SecurityGroupMetrics {
        self.security_group.clone()
    }

    /// The metrics of the cache.
    pub fn cache(&self) -> CacheMetrics {
        self.cache.clone()
    }

    fn render(&self) -> Result<String> {
        let (in_use, idle, max) = self.pool.usage();
        let count = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
        self.connections_in_use.set(count(in_use));
        self.connections_idle.set(count(idle));
        self.connections_max.set(count(max));
        self.database_up.set(i64::from(self.health.is_reachable()));
        if let Some(dropped) = &self.dropped_log_lines {
            let dropped = u64::try_from(dropped.dropped_lines()).unwrap_or(u64::MAX);
            self.log_lines_dropped
                .inner()
                .store(dropped, Ordering::Relaxed);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)
            .map_err(|error| Error::internal("the metrics cannot be encoded", error))?;
        Ok(text)
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

/// Shows the metrics in the OpenMetrics text format. Responds 403 unless the request comes from the server's own
/// machine or has the admin token, or the server runs with `METRICS_PUBLIC=true`.
#[utoipa::path(get, path = "/metrics", tag = "probes",
    responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
pub async fn show_metrics(
    request: HttpRequest,
    http: Data<HttpConfig>,
    guard: Data<AdminGuard>,
    metrics: Data<Metrics>,
) -> Result<HttpResponse> {
    let may_read =
        http.metrics_public || auth::is_from_this_machine(&request) || guard.has_token(&request);
    if !may_read {
        return Err(Code::Forbidden.into());
    }
    Ok(HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(metrics.render()?))
}
