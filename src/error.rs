//! What can go wrong and what a client is told. Nothing else in the program knows the status of a
//! failure; how a refusal is written on the wire stands in [`envelope`].
//!
//! Advice: refuse with a [`Code`] (`Err(Code::MessageBlank.into())`); let `?` turn a database error
//! into [`Error::Unavailable`] or [`Error::Internal`]; add a step's name with [`Error::internal`].

pub mod envelope;
mod status;

use std::error::Error as StdError;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use tokio_postgres::error::{DbError, SqlState};

pub use crate::domain::Code;

pub type Result<T, E = Error> = std::result::Result<T, E>;
pub type Cause = Box<dyn StdError + Send + Sync>;

/// Every failure of the program. `Display` never holds the source's text: [`chain`] prints the
/// whole once, where it is logged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client's to mend.
    #[error("refused: {0}")]
    Refused(Code),
    /// 405, with the methods that the resource does know.
    #[error("method not allowed; the resource knows {0}")]
    MethodNotAllowed(String),
    /// What a guard keeps from happening, and what would make it happen. An operator reads it.
    #[error("{0}")]
    Guarded(String),
    /// 429: too often; after so many seconds it is worth another try.
    #[error("too many attempts; again in {0} s")]
    TooMany(u64),
    /// The database, or the user pool's keys, are away, overloaded or not ready: worth a retry.
    #[error("this cannot be served now: {0}")]
    Unavailable(&'static str, #[source] Option<Cause>),
    /// Our fault. The client learns nothing of the cause.
    #[error("{0}")]
    Internal(&'static str, #[source] Cause),
    /// A setting, a file or a statement that an operator must mend.
    #[error("{0}")]
    Operator(String, #[source] Option<Cause>),
    /// The failure of what several waited for together.
    #[error(transparent)]
    Shared(Arc<Error>),
}

impl Error {
    /// `step` says what was being done: "could not read the seeds".
    pub fn internal(step: &'static str, source: impl Into<Cause>) -> Self {
        Self::Internal(step, source.into())
    }

    /// `advice` names the setting, the file or the statement, and what to do.
    pub fn operator(advice: impl Into<String>) -> Self {
        Self::Operator(advice.into(), None)
    }

    /// The same failure for everybody who waited.
    pub fn shared(self) -> impl Fn() -> Self {
        let error = Arc::new(self);
        move || match &*error {
            Self::Refused(code) => Self::Refused(*code),
            _ => Self::Shared(error.clone()),
        }
    }

    /// The failure itself, however many share it.
    fn own(&self) -> &Self {
        match self {
            Self::Shared(error) => error.own(),
            error => error,
        }
    }

    /// The code a client sees.
    pub fn code(&self) -> Code {
        match self.own() {
            Self::Refused(code) => *code,
            Self::MethodNotAllowed(_) => Code::MethodNotAllowed,
            Self::Guarded(_) => Code::RefusedByGuard,
            Self::TooMany(_) => Code::RateLimited,
            Self::Unavailable(..) => Code::ServiceUnavailable,
            Self::Internal(..) | Self::Operator(..) | Self::Shared(_) => Code::Internal,
        }
    }

    /// What PostgreSQL called it, where it said no.
    pub fn sql_state(&self) -> Option<&SqlState> {
        let (Self::Unavailable(_, Some(cause)) | Self::Internal(_, cause)) = self.own() else {
            return None;
        };
        cause.downcast_ref::<tokio_postgres::Error>()?.code()
    }

    /// Whether the statement may succeed when it is simply sent again: it lost a deadlock or a
    /// race, and nothing of it happened.
    pub fn is_retryable(&self) -> bool {
        self.sql_state().is_some_and(|state| {
            *state == SqlState::T_R_DEADLOCK_DETECTED
                || *state == SqlState::T_R_SERIALIZATION_FAILURE
        })
    }
}

/// The message and each of its causes, `: ` between them, for one log line. Of what the database
/// said without its detail, which holds the very values of a row: people's words and addresses.
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = match cause.downcast_ref::<DbError>() {
            Some(said) => format!("{} (SQLSTATE {})", said.message(), said.code().code()),
            None => cause.to_string(),
        };
        // A tokio_postgres error of the server prints "db error" and keeps the rest in its source.
        if !line.ends_with(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        source = cause.source();
    }
    line
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::Refused(code)
    }
}

impl From<deadpool_postgres::PoolError> for Error {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        Self::Unavailable("no connection to be had", Some(error.into()))
    }
}

/// A violated constraint that has a name is the user's error; a lost connection, a server that is
/// starting or stopping and a lost race are temporary; everything else is ours.
impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(code) = error
            .as_db_error()
            .and_then(|e| e.constraint())
            .and_then(Code::of_constraint)
        {
            return Self::Refused(code);
        }
        match error.code() {
            None => Self::Unavailable("connection lost", Some(error.into())),
            Some(state) if is_temporary(state) => {
                Self::Unavailable("statement given up", Some(error.into()))
            }
            Some(_) => Self::internal("a statement failed", error),
        }
    }
}

/// Classes 08 (connection), 53 (resources), 57 (operator intervention, time-outs) and 40 (lost
/// races); a writer that became a standby (25006); a schema that is not there yet (42P01, 42703, 42883,
/// 3D000).
fn is_temporary(state: &SqlState) -> bool {
    matches!(state.code().get(..2), Some("08" | "53" | "57" | "40"))
        || matches!(
            state.code(),
            "25006" | "42P01" | "42703" | "42883" | "3D000"
        )
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.code().status()
    }

    /// The boundary: a cause is logged here, once, and goes no further.
    fn error_response(&self) -> HttpResponse {
        let error = self.own();
        match error {
            Self::Internal(..) | Self::Operator(..) | Self::Shared(_) => {
                tracing::error!(error = chain(self));
            }
            Self::Unavailable(..) => tracing::warn!(error = chain(self)),
            Self::Guarded(_) => tracing::warn!(error = chain(self), "refused by a guard"),
            Self::Refused(_) | Self::MethodNotAllowed(_) | Self::TooMany(_) => {}
        }
        let mut response = envelope::refuse(error.code());
        match error {
            Self::MethodNotAllowed(allow) => {
                response.insert_header(("Allow", allow.as_str()));
            }
            Self::TooMany(seconds) => {
                response.insert_header(("Retry-After", seconds.to_string()));
            }
            Self::Guarded(advice) | Self::Operator(advice, _) => {
                envelope::advise(&mut response, advice);
            }
            _ => {}
        }
        response.finish()
    }
}
