//! The scopes of all routes, and the middleware that refuses requests before a route runs.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, ServiceConfig};

use super::routes::{monitoring_routes, ungated_routes};
use super::{documentation, origin_check, probes};
use crate::error::{Code, Error, Result};
use crate::http::{accepts_json, asks_for_events, asks_for_ndjson};
use crate::operations::routes as operations;
use crate::web as pages;
use crate::{account, activities, live, messages, moderation, notifications, reactions, users};

/// Configures an `App` or a scope of it.
pub type ConfigureScope = fn(&mut ServiceConfig);

/// Registers every route. `further` adds routes to the scope `/api`, for the benchmarks.
pub fn configure(app: &mut ServiceConfig, further: ConfigureScope) {
    // Actix tries them in this order, so the paths that are requested most often come first.
    app.configure(ungated_routes().below(""))
        .service(
            web::scope("/api")
                .wrap(from_fn(probes::refuse_until_ready))
                .configure(further)
                .service(
                    web::scope("/activities")
                        .configure(activities::routes().below("/api/activities"))
                        .configure(moderation::activity_routes().below("/api/activities"))
                        .configure(reactions::activity_routes().below("/api/activities")),
                )
                .configure(live::routes().below("/api"))
                .configure(messages::routes().below("/api"))
                .configure(notifications::routes().below("/api"))
                .configure(users::routes().and(account::routes()).below("/api"))
                .configure(moderation::routes().below("/api"))
                .configure(reactions::user_routes().below("/api"))
                .default_service(web::to(no_route)),
        )
        .configure(monitoring_routes().below(""))
        .configure(documentation::routes)
        .configure(operations::configure)
        .configure(pages::routes);
}

/// The only routes below `/api` that do not respond in JSON.
const EXPORT: &str = "/api/profile/export";
const LIVE: &str = "/api/live";

/// Refuses a write from a foreign origin and, below `/api`, a request that does not accept JSON. One middleware makes
/// both checks, because each middleware costs every request an allocation.
pub async fn refuse_early<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let refusal = if origin_check::is_foreign_write(&request) {
        Some(Code::Forbidden)
    } else if request.path().starts_with("/api") && !accepts_answer(&request) {
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

/// Whether the client accepts JSON; for the export of an account and for streams, which have no other form, that form
/// suffices.
fn accepts_answer(request: &ServiceRequest) -> bool {
    let headers = request.headers();
    accepts_json(headers)
        || match request.path() {
            EXPORT => asks_for_ndjson(headers),
            LIVE => asks_for_events(headers),
            _ => false,
        }
}

async fn no_route() -> Result<String> {
    Err(Code::RouteNotFound.into())
}
