//! The middleware of `/admin`: it identifies the client before it reads the body, refuses users who are no
//! operators and the writes of a read-only operator, and then records the call in the log and in the audit. An
//! operation that has begun runs to its end and is recorded even when its client disconnects. A failed sign-in is
//! refused at once; `auth` has counted it for the audit.

use actix_web::HttpRequest;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use chrono::Utc;

use super::audit::AdminCall;
use super::context::Operations;
use crate::auth::{Access, AdminGuard};
use crate::error::{Code, Error, Result, envelope};
use crate::http::request_id;

type Answer<B> = ServiceResponse<EitherBody<B, BoxBody>>;

/// Identifies the operator, calls the handler and records the call.
///
/// # Errors
/// Those of the handlers. A refused operator gets a response, not an error.
pub async fn middleware<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<Answer<B>, actix_web::Error> {
    let (Some(guard), Some(operations)) = (
        request.app_data::<Data<AdminGuard>>().cloned(),
        request.app_data::<Data<Operations>>().cloned(),
    ) else {
        return Err(
            Error::internal("the admin guard is missing", "its App data was not added").into(),
        );
    };
    let call = describe(&guard, request.request());
    let admin = match guard.identify(request.request()).await {
        Ok(admin) => admin,
        Err(error) => {
            let response = refuse(request, error);
            if response.status() != StatusCode::NOT_FOUND {
                log(&call, "unidentified", response.status());
            }
            return Ok(response);
        }
    };
    let work = async move {
        let outcome = match permits(admin.access, &request) {
            false => Ok(refuse(request, Code::Forbidden.into())),
            true => next
                .call(request)
                .await
                .map(ServiceResponse::map_into_left_body),
        };
        let status = status_of(&outcome);
        log(&call, &admin.name, status);
        let call = AdminCall {
            who: admin.name,
            status: status.as_u16(),
            ..call
        };
        operations.audit.record(call).await;
        outcome
    };
    let task = match request_id::current() {
        Some(id) => actix_web::rt::spawn(request_id::scope(id, work)),
        None => actix_web::rt::spawn(work),
    };
    match task.await {
        Ok(outcome) => outcome,
        Err(error) => Err(Error::internal("an operation ended without a response", error).into()),
    }
}

fn permits(access: Access, request: &ServiceRequest) -> bool {
    match access {
        Access::None => false,
        Access::ReadOnly => matches!(*request.method(), Method::GET | Method::HEAD),
        Access::Full => true,
    }
}

fn refuse<B>(request: ServiceRequest, error: Error) -> Answer<B> {
    request.error_response(error).map_into_right_body()
}

/// The status that the client gets.
fn status_of<B>(outcome: &Result<Answer<B>, actix_web::Error>) -> StatusCode {
    match outcome {
        Ok(response) => envelope::status_of(response),
        Err(error) => error.as_response_error().status_code(),
    }
}

/// The call before the operator and the status are known.
fn describe(guard: &AdminGuard, request: &HttpRequest) -> AdminCall {
    let address = guard.address(request);
    AdminCall {
        who: String::new(),
        method: request.method().to_string(),
        path: request.path().to_owned(),
        address: address.map_or_else(|| "unknown".to_owned(), |address| address.to_string()),
        status: 0,
        at: Utc::now(),
    }
}

fn log(call: &AdminCall, who: &str, status: StatusCode) {
    tracing::info!(
        who,
        method = call.method,
        path = call.path,
        address = call.address,
        status = status.as_u16(),
        "admin call"
    );
}
