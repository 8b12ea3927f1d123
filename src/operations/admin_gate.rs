//! The middleware of `/admin`: it identifies the client before it reads the body, refuses users who are no
//! operators and the writes of a read-only operator, and then records the call in the log and in the audit. An
//! operation that has begun runs to its end and is recorded even when its client disconnects.

use actix_web::HttpRequest;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use chrono::Utc;

use super::audit::AdminCall;
use super::context::Operations;
use crate::auth::{Access, Admin, AdminGuard};
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
    let work = async move {
        let admin = guard.identify(request.request()).await;
        if matches!(admin, Err(Error::Refused(Code::RouteNotFound))) {
            return Ok(refuse(request, Code::RouteNotFound.into()));
        }
        let call = describe(&guard, request.request(), admin.as_ref().ok());
        let outcome = match admin {
            Err(error) => Ok(refuse(request, error)),
            Ok(admin) if !permits(admin.access, &request) => {
                Ok(refuse(request, Code::Forbidden.into()))
            }
            Ok(_) => next
                .call(request)
                .await
                .map(ServiceResponse::map_into_left_body),
        };
        record(&operations, call, status_of(&outcome)).await;
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

fn describe(guard: &AdminGuard, request: &HttpRequest, admin: Option<&Admin>) -> AdminCall {
    let address = guard.address(request);
    AdminCall {
        who: admin.map(|admin| admin.name.clone()),
        method: request.method().to_string(),
        path: request.path().to_owned(),
        address: address.map_or_else(|| "unknown".to_owned(), |address| address.to_string()),
        status: 0,
        at: Utc::now(),
    }
}

async fn record(operations: &Operations, mut call: AdminCall, status: StatusCode) {
    call.status = status.as_u16();
    tracing::info!(
        who = call.who.as_deref().unwrap_or("unidentified"),
        method = call.method,
        path = call.path,
        address = call.address,
        status = call.status,
        "admin call"
    );
    operations.audit.record(call).await;
}
