//! The server's own routes, beside those of the slices: probes, metrics and what a client needs to know first.

use super::{client_config, metrics, probes};
use crate::http::{Routes, routes};

/// Routes below `/api` that answer while the database is away.
pub fn ungated_routes() -> Routes {
    routes![probes::show_health_check, client_config::show_config]
}

/// Routes for load balancers, container runtimes and Prometheus.
pub fn monitoring_routes() -> Routes {
    routes![
        probes::show_liveness,
        probes::show_readiness,
        metrics::show_metrics,
    ]
}
