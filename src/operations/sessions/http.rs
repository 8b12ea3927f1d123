//! `GET /admin/sessions` and the two signals below `/admin/sessions/{pid}`.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use tokio_postgres::Client;

use super::{Filter, Session, SignalReport, parse_age, parse_state};
use crate::error::{Code, Error, Result};
use crate::operations::context::Operations;
use crate::operations::query::parameter;

/// How long listing may take; less than the deadline of a request.
const LIST_LIMIT: Duration = Duration::from_millis(2_500);
/// How long a signal and the observation of its outcome may take.
const SIGNAL_LIMIT: Duration = Duration::from_secs(6);

/// The session that the path names, and when it began, if the query has `backend_start`.
pub struct SessionRef {
    pid: i32,
    backend_start: Option<DateTime<Utc>>,
}

/// The database server's sessions, oldest first, with the literals of their statements removed.
#[utoipa::path(get, path = "/admin/sessions", tag = "admin", security(("admin" = [])),
    params(("state" = Option<String>, Query, description = "`active`, `idle`, …; an unknown one is refused with the possible ones."),
        ("min_age" = Option<String>, Query, description = "In their state for at least `90s`, `5m`, …")),
    responses((status = 200, body = Vec<Session>)))]
pub async fn list_sessions(
    request: HttpRequest,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let state = parameter(&request, "state").map(|state| parse_state(&state));
    let min_age = parameter(&request, "min_age").map(|age| parse_age(&age));
    let filter = Filter {
        state: state.transpose().map_err(Error::MalformedQuery)?,
        min_age: min_age
            .transpose()
            .map_err(Error::MalformedQuery)?
            .unwrap_or_default(),
    };
    let list = async |client: &Client| super::list(client, &filter).await;
    let sessions = operations.sessions.run(LIST_LIMIT, list).await?;
    Ok(HttpResponse::Ok().json(sessions))
}

/// Cancels the statement that a session is running, and reports the outcome.
#[utoipa::path(post, path = "/admin/sessions/{pid}/cancel", tag = "admin",
    security(("admin" = [])),
    params(("pid" = i32, Path), ("backend_start" = Option<String>, Query,
        description = "As listed; a session that began at another time is not signalled.")),
    responses((status = 200, body = SignalReport)))]
pub async fn cancel_session(
    session: SessionRef,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let SessionRef { pid, backend_start } = session;
    let cancel = async |client: &Client| super::cancel(client, pid, backend_start).await;
    let report = operations.sessions.run(SIGNAL_LIMIT, cancel).await?;
    Ok(HttpResponse::Ok().json(report))
}

/// Terminates a session, and reports the outcome.
#[utoipa::path(delete, path = "/admin/sessions/{pid}", tag = "admin", security(("admin" = [])),
    params(("pid" = i32, Path), ("backend_start" = Option<String>, Query,
        description = "As listed; a session that began at another time is not signalled.")),
    responses((status = 200, body = SignalReport)))]
pub async fn terminate_session(
    session: SessionRef,
    operations: Data<Operations>,
) -> Result<HttpResponse> {
    let SessionRef { pid, backend_start } = session;
    let terminate = async |client: &Client| super::terminate(client, pid, backend_start).await;
    let report = operations.sessions.run(SIGNAL_LIMIT, terminate).await?;
    Ok(HttpResponse::Ok().json(report))
}

impl SessionRef {
    fn read(request: &HttpRequest) -> Result<Self> {
        let pid = request.match_info().get("pid").unwrap_or_default();
        let backend_start = parameter(request, "backend_start")
            .map(|time| time.parse())
            .transpose()
            .map_err(|_| Code::MalformedQuery)?;
        Ok(Self {
            pid: pid.parse().map_err(|_| Code::RouteNotFound)?,
            backend_start,
        })
    }
}

impl FromRequest for SessionRef {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request))
    }
}
