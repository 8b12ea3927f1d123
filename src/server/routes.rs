//! The routes that belong to no slice: probes, metrics and the client's configuration.

use super::{client_config, metrics, probes};
use crate::http::{Routes, routes};

/// The routes below `/api` that need no database.
pub fn ungated_routes() -> Routes {
    routes![probes::show_health_check, client_config::show_config]
}

/// The routes for load balancers, container runtimes and Prometheus.
pub fn monitoring_routes() -> Routes {
    routes![
        probes::show_liveness,
        probes::show_readiness,
        metrics::show_metrics,
    ]
}
