//! `ETag` and 304 for every GET below `/api`. The tag is the hash of the response's body, so it changes with the data.
//! `no-cache` makes a browser revalidate a stored response before it uses it, since it may contain expired activities.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, Header, HeaderValue, IfNoneMatch};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;

use super::rate_limits;
use crate::http::EntityTag;

const VARY: &str = "Origin, Accept, Accept-Encoding, Authorization";

/// Adds the tag to the response of a read, and responds 304 if `If-None-Match` contains the tag.
pub async fn middleware<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, actix_web::Error> {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD)
        && request.path().starts_with("/api/");
    if !is_read {
        let (request, response) = next.call(request).await?.into_parts();
        let (response, body) = response.into_parts();
        let response = match body.try_into_bytes() {
            Ok(bytes) => rate_limits::send(&request, response, bytes).map_into_right_body(),
            Err(stream) => response.set_body(stream).map_into_left_body(),
        };
        return Ok(ServiceResponse::new(request, response));
    }
    let known = request
        .headers()
        .contains_key(header::IF_NONE_MATCH)
        .then(|| IfNoneMatch::parse(&request).ok())
        .flatten();
    let response = next.call(request).await?;
    let (request, response) = response.into_parts();
    let (mut response, body) = response.into_parts();
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from_static(VARY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if response.status() != StatusCode::OK {
        let response = response.set_body(body).map_into_left_body();
        return Ok(ServiceResponse::new(request, response));
    }
    let bytes = match body.try_into_bytes() {
        Ok(bytes) => bytes,
        Err(stream) => {
            let response = response.set_body(stream).map_into_left_body();
            return Ok(ServiceResponse::new(request, response));
        }
    };
    let made = response.extensions_mut().remove::<EntityTag>();
    let tag = made.unwrap_or_else(|| EntityTag::of(&bytes));
    let is_known = known.is_some_and(|known| matches(&known, &tag));
    response
        .headers_mut()
        .insert(header::ETAG, tag.value().clone());
    let response = if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(header::CONTENT_TYPE);
        response.set_body(BoxBody::new(()))
    } else {
        rate_limits::send(&request, response, bytes)
    };
    Ok(ServiceResponse::new(
        request,
        response.map_into_right_body(),
    ))
}

/// The weak comparison of RFC 9110, section 8.8.3.2.
fn matches(known: &IfNoneMatch, tag: &EntityTag) -> bool {
    match known {
        IfNoneMatch::Any => true,
        IfNoneMatch::Items(known) => {
            let text = tag.value().to_str().unwrap_or_default();
            let tag = text.parse::<header::EntityTag>();
            tag.is_ok_and(|tag| known.iter().any(|known| known.weak_eq(&tag)))
        }
    }
}
