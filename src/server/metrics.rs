//! All metrics of the server, as Prometheus reads them. `http` counts requests; every other module has metrics of its own.

mod http;
mod limits;
#[cfg(test)]
mod reference;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::info::Info;
use tracing_appender::non_blocking::ErrorCounter;

use super::security_group::SecurityGroupMetrics;
use crate::activities::ActivityMetrics;
use crate::auth::{self, AdminGuard, SignInMetrics};
use crate::changes::CacheMetrics;
use crate::config::HttpConfig;
use crate::db::{DatabaseMetrics, Health, Jobs, Pool};
use crate::error::{Code, Error, Result};
use crate::live::LiveMetrics;
use crate::metrics::Catalogue;
pub use http::{HttpMetrics, Look, label};
pub use limits::LimitMetrics;

/// The metrics of this server; clones share them.
#[derive(Clone)]
pub struct Metrics {
    catalogue: Arc<Catalogue>,
    /// Requests and responses.
    pub http: HttpMetrics,
    /// Refusals by a limit.
    pub limits: LimitMetrics,
    /// Failed sign-ins.
    pub sign_ins: SignInMetrics,
    /// Connections, statements, batches and the schema.
    pub database: DatabaseMetrics,
    /// The purge and the search index.
    pub activities: ActivityMetrics,
    /// Answers in memory.
    pub cache: CacheMetrics,
    /// Streams.
    pub live: LiveMetrics,
    /// The work in the background.
    pub jobs: Jobs,
    /// The rule.
    pub security_group: SecurityGroupMetrics,
    log_lines_dropped: Counter<u64, AtomicU64>,
    dropped_log_lines: Option<ErrorCounter>,
}

impl Metrics {
    /// Registers every metric. Each request for the metrics reads the current value of `dropped_log_lines`.
    pub fn new(dropped_log_lines: Option<ErrorCounter>) -> Self {
        let mut catalogue = Catalogue::new();
        let http = HttpMetrics::new();
        http.register(&mut catalogue);
        let limits = LimitMetrics::default();
        limits.register(&mut catalogue);
        let sign_ins = SignInMetrics::default();
        sign_ins.register(&mut catalogue);
        let database = DatabaseMetrics::default();
        database.register(&mut catalogue);
        let activities = ActivityMetrics::default();
        activities.register(&mut catalogue);
        let cache = CacheMetrics::default();
        cache.register(&mut catalogue);
        let live = LiveMetrics::default();
        live.register(&mut catalogue);
        let jobs = Jobs::default();
        jobs.register(&mut catalogue);
        let security_group = SecurityGroupMetrics::default();
        security_group.register(&mut catalogue);
        catalogue.begin_section("Program");
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        catalogue.add(
            "build",
            &["version"],
            "The version of the program",
            Info::new(version),
        );
        let log_lines_dropped = Counter::default();
        catalogue.add(
            "log_lines_dropped",
            &[],
            "Lines of the log that were not written, because its reader did not read",
            log_lines_dropped.clone(),
        );
        Self {
            catalogue: Arc::new(catalogue),
            http,
            limits,
            sign_ins,
            database,
            activities,
            cache,
            live,
            jobs,
            security_group,
            log_lines_dropped,
            dropped_log_lines,
        }
    }

    fn render(&self, pool: &Pool, health: &Health) -> Result<String> {
        pool.update_metrics();
        self.database.set_state(health);
        if let Some(dropped) = &self.dropped_log_lines {
            let dropped = u64::try_from(dropped.dropped_lines()).unwrap_or(u64::MAX);
            self.log_lines_dropped
                .inner()
                .store(dropped, Ordering::Relaxed);
        }
        let mut text = String::new();
        encode(&mut text, self.catalogue.registry())
            .map_err(|error| Error::internal("the metrics cannot be encoded", error))?;
        Ok(text)
    }
}

/// Shows the metrics in the OpenMetrics text format. Responds 403 unless the request comes from the server's own
/// machine or has the admin token, or the server runs with `METRICS_PUBLIC=true`.
#[utoipa::path(get, path = "/metrics", tag = "probes", security((), ("admin" = [])),
    responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
pub async fn show_metrics(
    request: HttpRequest,
    http: Data<HttpConfig>,
    guard: Data<AdminGuard>,
    metrics: Data<Metrics>,
    pool: Data<Pool>,
    health: Data<Health>,
) -> Result<HttpResponse> {
    let may_read =
        http.metrics_public || auth::is_from_this_machine(&request) || guard.has_token(&request);
    if !may_read {
        return Err(Code::Forbidden.into());
    }
    Ok(HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(metrics.render(&pool, &health)?))
}
