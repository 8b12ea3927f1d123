//! Who is turned away at the door, whatever the route: a page of a foreign origin that wants to
//! write, and a client that cannot read JSON.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::config::HttpConfig;
use crate::error::{Code, Error};

pub async fn middleware<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let refusal = if is_foreign_write(&request) {
        Some(Code::Forbidden)
    } else if request.path().starts_with("/api") && !accepts_json(&request) {
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

/// A browser names the page's origin on every write. CORS hides the answer from a foreign page; this
/// keeps the write itself from happening.
fn is_foreign_write(request: &ServiceRequest) -> bool {
    if matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    ) {
        return false;
    }
    let text = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value: &header::HeaderValue| value.to_str().ok())
    };
    let Some(origin) = text(header::ORIGIN) else {
        return false;
    };
    let is_own = text(header::HOST).is_some_and(|host| {
        origin
            .split_once("://")
            .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
    });
    let is_allowed = request
        .app_data::<Data<HttpConfig>>()
        .is_some_and(|http| http.origins.iter().any(|allowed| allowed == origin));
    !is_own && !is_allowed
}

/// `Accept` is missing, or one of its ranges covers JSON.
fn accepts_json(request: &ServiceRequest) -> bool {
    let mut values = request.headers().get_all(header::ACCEPT).peekable();
    if values.peek().is_none() {
        return true;
    }
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|range| {
            let (range, parameters) = range.split_once(';').unwrap_or((range, ""));
            let range = range.trim().to_ascii_lowercase();
            let is_json = matches!(
                &*range,
                "" | "*/*" | "application/*" | "application/json" | "application/problem+json"
            );
            is_json
                && !parameters
                    .split(';')
                    .any(|parameter| is_zero_quality(parameter.trim()))
        })
}

fn is_zero_quality(parameter: &str) -> bool {
    let value = parameter
        .strip_prefix("q=")
        .or_else(|| parameter.strip_prefix("Q="));
    value.is_some_and(|value| {
        value
            .trim()
            .parse::<f32>()
            .is_ok_and(|quality| quality <= 0.0)
    })
}
