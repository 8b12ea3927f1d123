//! Refuses requests before a route runs: those above a limit, writes from a foreign origin and, below `/api`, requests
//! that do not accept JSON. One middleware makes all these checks, because each middleware costs every request two
//! allocations.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;

use super::origin_check;
use super::rate_limits::RateLimits;
use crate::error::{Code, Result};
use crate::http::{accepts_json, asks_for_events, asks_for_ndjson};

/// The only routes below `/api` that do not respond in JSON.
const EXPORT: &str = "/api/profile/export";
const LIVE: &str = "/api/live";

/// Refuses the request, or passes it on. Every response but those without a limit says what is left of the limit.
pub async fn middleware<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let limits = request.app_data::<Data<RateLimits>>().cloned();
    let decided = match &limits {
        Some(limits) => limits.decide(&request).await,
        None => None,
    };
    let search = match (&decided, &limits) {
        (Some((_, Err(_))), _) => Err(Code::RateLimited.into()),
        (_, Some(limits)) => limits.begin_search(&request),
        (_, None) => Ok(None),
    };
    let admitted = search.and_then(|search| check(&request).map(|()| search));
    let mut response = match admitted {
        Ok(_search) => next.call(request).await?.map_into_left_body(),
        Err(error) => request.error_response(error).map_into_right_body(),
    };
    if let Some((policy, decision)) = decided {
        policy.describe(decision, response.headers_mut());
    }
    Ok(response)
}

fn check(request: &ServiceRequest) -> Result<()> {
    if origin_check::is_foreign_write(request) {
        return Err(Code::Forbidden.into());
    }
    if request.path().starts_with("/api") && !accepts_answer(request) {
        return Err(Code::NotAcceptable.into());
    }
    Ok(())
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
