//! The body of an error response: RFC 9457 problem details if the client accepts those or the path is below `/admin`,
//! else a JSON array with the code.

use actix_web::body::{BoxBody, EitherBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::json;

use super::Code;

const PROBLEM_JSON: &str = "application/problem+json";
/// In seconds. The server checks the database every second, so an earlier retry would fail too.
const RETRY_AFTER: &str = "1";

/// A response with this code. [`Envelope::seal`] adds the body.
pub fn refuse(code: Code) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(code.status());
    response.extensions_mut().insert(code);
    response
}

/// The `detail` of the problem details, which only responses below `/admin` have.
#[derive(Clone)]
struct Advice(String);

/// Adds advice for the operator to a response.
pub fn advise(response: &mut HttpResponseBuilder, advice: &str) {
    response.extensions_mut().insert(Advice(advice.to_owned()));
}

/// The form of the error that a request may get.
#[derive(Clone, Copy)]
pub struct Envelope {
    for_operator: bool,
    as_problem: bool,
}

impl Envelope {
    /// The form that the request asks for.
    pub fn of(request: &ServiceRequest) -> Self {
        let for_operator = is_admin(request.path());
        Self {
            for_operator,
            as_problem: for_operator || wants_problem(request),
        }
    }

    /// Sets the body of a response with status 400 or above, also of one that Actix made; others stay as they are.
    pub fn seal<B>(self, response: ServiceResponse<B>) -> ServiceResponse<EitherBody<B, BoxBody>> {
        let Some(code) = code_of(&response) else {
            return response.map_into_left_body();
        };
        let advice = response.response().extensions().get::<Advice>().cloned();
        let advice = advice.filter(|_| self.for_operator);
        let (content_type, body) = if self.as_problem {
            (PROBLEM_JSON, problem(code, advice).to_string())
        } else {
            ("application/json", json!([code.as_str()]).to_string())
        };

        let (request, response) = response.into_parts();
        let mut response = response.set_body(BoxBody::new(body)).map_into_right_body();
        *response.status_mut() = code.status();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_ENCODING);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if code == Code::ServiceUnavailable && !headers.contains_key(header::RETRY_AFTER) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
        }
        if code == Code::Unauthenticated {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        ServiceResponse::new(request, response)
    }
}

/// The status that the client gets: that of the code if [`Envelope::seal`] sets the body of the response. An inner layer
/// that records a status must use this one.
pub fn status_of<B>(response: &ServiceResponse<B>) -> StatusCode {
    code_of(response).map_or(response.status(), Code::status)
}

/// The code of a response with status 400 or above; `None` for another response, and for a response that has its final
/// body, such as that of `/readyz` with 503: it has a content type and no code.
fn code_of<B>(response: &ServiceResponse<B>) -> Option<Code> {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    let extensions = response.response().extensions();
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let code = match extensions.get::<Code>() {
        Some(code) => *code,
        None if content_type.is_none_or(is_framework_text) => Code::of_status(status),
        None => return None,
    };
    let has_advice = extensions.get::<Advice>().is_some();
    match code {
        Code::Internal if has_advice && is_admin(response.request().path()) => {
            Some(Code::OperationFailed)
        }
        code => Some(code),
    }
}

fn problem(code: Code, advice: Option<Advice>) -> serde_json::Value {
    let mut problem = json!({
        "type": "about:blank",
        "title": code.sentence(),
        "status": code.status().as_u16(),
        "code": code.as_str(),
    });
    if let Some(Advice(detail)) = advice {
        problem["detail"] = detail.into();
    }
    problem
}

fn is_admin(path: &str) -> bool {
    path == "/admin" || path.starts_with("/admin/")
}

fn wants_problem(request: &ServiceRequest) -> bool {
    let accept = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.to_ascii_lowercase().contains(PROBLEM_JSON))
}

fn is_framework_text(content_type: &HeaderValue) -> bool {
    content_type.as_bytes().starts_with(b"text/plain")
}
