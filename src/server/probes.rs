//! Liveness and readiness for load balancers and container runtimes, and the layer that refuses requests while the
//! server is not ready.

use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::HttpResponse;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Health;
use crate::db::health::State;
use crate::db::pooler::WAY_OUT;
use crate::db::schema::Schema;
use crate::error::Error;

/// Whether the server is live or ready.
#[derive(Debug, Serialize, ToSchema)]
pub struct Probe {
    /// `live`, `ready`, `not_ready` or `stopping`.
    status: &'static str,
    /// Why the server is not ready: the `database` is unreachable, its pooler loses `prepared_statements`, its `schema` is
    /// not current or needs a newer `release` than this one, or it commits no `writes` in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<&'static str>,
    /// What an operator does about it, for `prepared_statements` and `release`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Probe {
    fn of(status: &'static str) -> Self {
        Self {
            status,
            missing: None,
            reason: None,
        }
    }

    fn missing(missing: &'static str) -> Self {
        Self {
            missing: Some(missing),
            ..Self::of("not_ready")
        }
    }

    /// What is missing in a state that is not ready.
    fn of_state(state: &State) -> Self {
        if !state.reachable {
            return Self::missing("database");
        }
        if let Some(pooler) = state.losing_statements {
            return Self {
                reason: Some(format!("{pooler} loses prepared statements: {WAY_OUT}")),
                ..Self::missing("prepared_statements")
            };
        }
        match state.schema {
            Schema::NeedsRelease(version) => Self {
                reason: Some(format!(
                    "the schema needs a release that knows migration {version}: deploy a newer one"
                )),
                ..Self::missing("release")
            },
            Schema::Current if !state.writable => Self::missing("writes"),
            _ => Self::missing("schema"),
        }
    }
}

/// The health check of the Python prototype, kept for existing monitors.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthCheck {
    /// Always true.
    success: bool,
    /// Always 1.
    ver: u8,
}

/// Responds 200 while the process runs, whatever the state of the database.
#[utoipa::path(get, path = "/livez", tag = "probes", responses((status = 200, body = Probe)))]
pub async fn show_liveness() -> HttpResponse {
    HttpResponse::Ok().json(Probe::of("live"))
}

/// Responds 200 if the database is reachable, its schema is current and it commits writes in time, else 503 with what is
/// missing.
#[utoipa::path(get, path = "/readyz", tag = "probes",
    responses((status = 200, body = Probe), (status = 503, body = Probe)))]
pub async fn show_readiness(health: Data<Health>, draining: Data<AtomicBool>) -> HttpResponse {
    let refuse = |probe| {
        HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE)
            .insert_header(("Retry-After", "1"))
            .json(probe)
    };
    let state = health.state();
    if draining.load(Ordering::Acquire) {
        refuse(Probe::of("stopping"))
    } else if health.is_ready() && state.writable {
        HttpResponse::Ok().json(Probe::of("ready"))
    } else {
        refuse(Probe::of_state(&state))
    }
}

/// Responds 200 while the process runs, as the health check of the Python prototype did.
#[utoipa::path(get, path = "/api/health-check", tag = "probes",
    responses((status = 200, body = HealthCheck)))]
pub async fn show_health_check() -> HttpResponse {
    HttpResponse::Ok().json(HealthCheck {
        success: true,
        ver: 1,
    })
}

/// Responds 503 to every request of its scope until the database is reachable and its schema is current.
pub async fn refuse_until_ready<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let is_ready = match request.app_data::<Data<Health>>() {
        Some(health) => health.is_ready_after_first_probe().await,
        None => false,
    };
    if is_ready {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let error = Error::Unavailable(
        "the database is unreachable or its schema is not current",
        None,
    );
    Ok(request.error_response(error).map_into_right_body())
}
