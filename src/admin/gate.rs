//! Before every route of `/admin`: who it is, before anything of the request is read; what they may;
//! and afterwards a log line and a row in the audit. An operation, once begun, is finished and
//! written down even when its client hangs up.

use actix_web::HttpRequest;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use chrono::Utc;

use super::Operations;
use crate::auth::{Admin, AdminGuard};
use crate::error::{Code, Error, Result};
use crate::http::request_id;
use crate::ops::audit::Call;

type Answer<B> = ServiceResponse<EitherBody<B, BoxBody>>;

pub async fn middleware<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<Answer<B>, actix_web::Error> {
    let (Some(guard), Some(operations)) = (
        request.app_data::<Data<AdminGuard>>().cloned(),
        request.app_data::<Data<Operations>>().cloned(),
    ) else {
        return Err(Error::internal("no admin guard", "the server is miswired").into());
    };
    let work = async move {
        let admin = guard.identify(request.request()).await;
        if matches!(admin, Err(Error::Refused(Code::RouteNotFound))) {
            return Ok(refuse(request, Code::RouteNotFound.into()));
        }
        let call = call(&guard, request.request(), admin.as_ref().ok());
        let outcome = match admin {
            Err(error) => Ok(refuse(request, error)),
            Ok(admin) if admin.read_only && !is_read(&request) => {
                Ok(refuse(request, Code::Forbidden.into()))
            }
            Ok(_) => next
                .call(request)
                .await
                .map(ServiceResponse::map_into_left_body),
        };
        write_down(&operations, call, status_of(&outcome)).await;
        outcome
    };
    let task = match request_id::current() {
        Some(id) => actix_web::rt::spawn(request_id::serving(id, work)),
        None => actix_web::rt::spawn(work),
    };
    match task.await {
        Ok(outcome) => outcome,
        Err(error) => Err(Error::internal("an operation broke off", error).into()),
    }
}

fn is_read(request: &ServiceRequest) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
}

fn refuse<B>(request: ServiceRequest, error: Error) -> Answer<B> {
    request.error_response(error).map_into_right_body()
}

fn status_of<B>(outcome: &Result<Answer<B>, actix_web::Error>) -> StatusCode {
    match outcome {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    }
}

fn call(guard: &AdminGuard, request: &HttpRequest, admin: Option<&Admin>) -> Call {
    let address = guard.address(request);
    Call {
        who: admin.map(|admin| admin.name.clone()),
        method: request.method().to_string(),
        path: request.path().to_owned(),
        address: address.map_or_else(|| "unknown".to_owned(), |address| address.to_string()),
        status: 0,
        at: Utc::now(),
    }
}

async fn write_down(operations: &Operations, mut call: Call, status: StatusCode) {
    call.status = status.as_u16();
    tracing::info!(
        who = call.who.as_deref().unwrap_or("nobody"),
        method = call.method,
        path = call.path,
        address = call.address,
        status = call.status,
        "admin"
    );
    operations.audit.record(call).await;
}
