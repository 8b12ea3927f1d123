//! The router: which scope a route stands in, and the layer that refuses a request before its route runs.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};

use super::routes::{monitoring_routes, ungated_routes};
use super::{accept, documentation, origin_check, probes};
use crate::error::{Code, Error, Result};
use crate::operations::routes as operations;
use crate::web as pages;
use crate::{activities, messages, users};

/// Configures an `App` or a scope of it.
pub type ConfigureScope = fn(&mut ServiceConfig);

/// Adds every route. `further`: routes in the scope `/api`, which the benchmarks add.
pub fn configure(app: &mut ServiceConfig, further: ConfigureScope) {
    // Actix tries them in this order, so the paths that are requested most often come first.
    app.configure(ungated_routes().below(""))
        .service(
            web::scope("/api")
                .wrap(from_fn(probes::refuse_until_ready))
                .configure(further)
                .service(
                    web::scope("/activities")
                        .configure(activities::routes().below("/api/activities")),
                )
                .configure(messages::routes().below("/api"))
                .configure(users::routes().below("/api"))
                .default_service(web::to(no_route)),
        )
        .configure(monitoring_routes().below(""))
        .configure(documentation::routes)
        .configure(operations::configure)
        .configure(pages::routes)
        .default_service(web::to(no_route));
}

/// Refuses a foreign write, and below `/api` a client that accepts no JSON. One layer for both checks, because each
/// layer costs every request an allocation.
pub async fn refuse_early<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let refusal = if origin_check::is_foreign_write(&request) {
        Some(Code::Forbidden)
    } else if request.path().starts_with("/api") && !accept::accepts_json(&request) {
        Some(Code::NotAcceptable)
    } else {
        None
    };
    match refusal {
        Some(code) => Ok(request
            .error_response(Error::from(code))
            .map_into_right_body()),
        None => Ok(next.call(request).await?.map_into_left_body()),
    }
}

async fn no_route() -> Result<String> {
    Err(Code::RouteNotFound.into())
}
