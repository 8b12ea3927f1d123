//! The error type of the whole program. `status` maps each code to its HTTP status, [`envelope`] writes the body of
//! the response.
//!
//! In a handler or an operation: refuse a request with a [`Code`] (`Err(Code::MessageBlank.into())`); let `?` turn a
//! database error into [`Error::Unavailable`] or [`Error::Internal`]; name the step that failed with
//! [`Error::internal`].

pub mod envelope;
mod status;

use std::error::Error as StdError;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use tokio_postgres::error::{DbError, SqlState};

pub use crate::domain::Code;

/// A result with this program's [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;
/// The underlying error of another library.
pub type Cause = Box<dyn StdError + Send + Sync>;

/// Every error of the program. `Display` leaves out the text of the source; [`chain`] joins both for the log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client must change its request.
    #[error("refused: {0}")]
    Refused(Code),
    /// 405, with the methods that the resource supports.
    #[error("the method is not allowed; the resource supports {0}")]
    MethodNotAllowed(String),
    /// A guard refused an operation. The text tells the operator why, and how to permit it.
    #[error("{0}")]
    Guarded(String),
    /// 400 `malformed_query`, with the values that the parameter can have.
    #[error("{0}")]
    MalformedQuery(String),
    /// What an operator named does not exist. The text says so.
    #[error("{0}")]
    Missing(String),
    /// 429, with the seconds until the next attempt is permitted.
    #[error("too many attempts; the next one is permitted in {0} s")]
    TooMany(u64),
    /// A temporary failure: the database or the user pool is unreachable, overloaded or not ready.
    #[error("temporarily unavailable: {0}")]
    Unavailable(&'static str, #[source] Option<Cause>),
    /// A defect of the program. The client does not see the cause.
    #[error("{0}")]
    Internal(&'static str, #[source] Cause),
    /// An operator must change a setting, a file or a statement; the text names it.
    #[error("{0}")]
    Operator(String, #[source] Option<Cause>),
    /// The error of a statement that several requests shared.
    #[error(transparent)]
    Shared(Arc<Error>),
}

impl Error {
    /// A defect. `step` is a sentence about what failed, such as "the seeds cannot be read".
    pub fn internal(step: &'static str, source: impl Into<Cause>) -> Self {
        Self::Internal(step, source.into())
    }

    /// Makes a temporary failure of its cause, for `map_err`. `text` says what did not happen.
    pub fn unavailable<E: Into<Cause>>(text: &'static str) -> impl FnOnce(E) -> Self {
        move |cause| Self::Unavailable(text, Some(cause.into()))
    }

    /// An error for an operator. `advice` names the setting, the file or the statement, and what to do.
    pub fn operator(advice: impl Into<String>) -> Self {
        Self::Operator(advice.into(), None)
    }

    /// Returns a function that makes this error for each of the requests that shared the statement.
    pub fn shared(self) -> impl Fn() -> Self {
        let error = Arc::new(self);
        move || match &*error {
            Self::Refused(code) => Self::Refused(*code),
            _ => Self::Shared(error.clone()),
        }
    }

    /// The error inside of [`Error::Shared`], or this error itself.
    fn own(&self) -> &Self {
        match self {
            Self::Shared(error) => error.own(),
            error => error,
        }
    }

    /// The code in the response.
    pub fn code(&self) -> Code {
        match self.own() {
            Self::Refused(code) => *code,
            Self::MethodNotAllowed(_) => Code::MethodNotAllowed,
            Self::Guarded(_) => Code::RefusedByGuard,
            Self::MalformedQuery(_) => Code::MalformedQuery,
            Self::TooMany(_) => Code::RateLimited,
            Self::Unavailable(..) => Code::ServiceUnavailable,
            Self::Internal(..) | Self::Operator(..) | Self::Missing(_) | Self::Shared(_) => {
                Code::Internal
            }
        }
    }

    /// The SQLSTATE, if PostgreSQL reported the error.
    pub fn sql_state(&self) -> Option<&SqlState> {
        let (Self::Unavailable(_, Some(cause))
        | Self::Operator(_, Some(cause))
        | Self::Internal(_, cause)) = self.own()
        else {
            return None;
        };
        cause.downcast_ref::<tokio_postgres::Error>()?.code()
    }

    /// Whether the same statement may succeed if it is sent again: PostgreSQL rolled it back because of a deadlock or
    /// a serialisation failure.
    pub fn is_retryable(&self) -> bool {
        self.sql_state().is_some_and(|state| {
            *state == SqlState::T_R_DEADLOCK_DETECTED
                || *state == SqlState::T_R_SERIALIZATION_FAILURE
        })
    }
}

/// The texts of the error and of its causes, joined with `: `, for one log line. PostgreSQL's `DETAIL` is left out,
/// because it contains values of rows, such as users' texts and e-mail addresses.
pub fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = match cause.downcast_ref::<DbError>() {
            Some(report) => format!("{} (SQLSTATE {})", report.message(), report.code().code()),
            None => cause.to_string(),
        };
        // The text of a tokio_postgres error may end with that of its source.
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
        Self::Unavailable("no database connection is free", Some(error.into()))
    }
}

/// A violated constraint that has a code is the client's error. A lost connection, a PostgreSQL server that starts or
/// stops, and a deadlock are temporary. Every other error is a defect of the program.
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
            None => Self::Unavailable("the database connection was lost", Some(error.into())),
            Some(state) if is_temporary(state) => {
                Self::Unavailable("PostgreSQL cancelled the statement", Some(error.into()))
            }
            Some(_) => Self::internal("a statement failed", error),
        }
    }
}

/// The SQLSTATE classes 08 (connection), 53 (resources), 57 (operator intervention, time-outs) and 40 (deadlocks and
/// serialisation failures); a primary that became a standby (25006); a pooler that has lost a prepared statement (26000,
/// 42P05); a database that is missing or not migrated yet (42P01, 42703, 42883, 3D000).
fn is_temporary(state: &SqlState) -> bool {
    matches!(state.code().get(..2), Some("08" | "53" | "57" | "40"))
        || matches!(
            state.code(),
            "25006" | "26000" | "42P05" | "42P01" | "42703" | "42883" | "3D000"
        )
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.code().status()
    }

    /// Logs the cause, which the client must not see, and makes the response.
    fn error_response(&self) -> HttpResponse {
        let error = self.own();
        match error {
            Self::Internal(..) | Self::Operator(..) | Self::Shared(_) => {
                tracing::error!(error = chain(self));
            }
            Self::Unavailable(..) => tracing::warn!(error = chain(self)),
            Self::Guarded(_) => tracing::warn!(error = chain(self), "refused by a guard"),
            Self::Refused(_)
            | Self::MalformedQuery(_)
            | Self::Missing(_)
            | Self::MethodNotAllowed(_)
            | Self::TooMany(_) => {}
        }
        let mut response = envelope::refuse(error.code());
        match error {
            Self::MethodNotAllowed(allow) => {
                response.insert_header(("Allow", allow.as_str()));
            }
            Self::TooMany(seconds) => {
                response.insert_header(("Retry-After", seconds.to_string()));
            }
            Self::Guarded(advice)
            | Self::MalformedQuery(advice)
            | Self::Missing(advice)
            | Self::Operator(advice, _) => {
                envelope::advise(&mut response, advice);
            }
            _ => {}
        }
        response.finish()
    }
}
