//! Requests that share a statement: `pg_batch` on the pools of this database, and the classification of
//! [`Error`] for a batch. `writes` adds idempotency keys.

mod writes;

use pg_batch::{BatchError, CoalescedReads, Coalescer, Failure, StatementError};

use crate::error::Error;
pub use pg_batch::BatchConfig;
pub use writes::Writes;

/// Reads that share a statement; all Actix workers share one value.
pub type Reads<Q, R> = CoalescedReads<Q, R, Error>;
/// [`Reads`] for the requests of one Actix worker.
pub type WorkerReads<Q, R> = Coalescer<Q, R, Error>;

impl From<BatchError> for Error {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::QueueFull => {
                Self::Unavailable("too many requests wait for the database", None)
            }
            BatchError::TimedOut(_) => {
                Self::Unavailable("the database did not answer in time", Some(error.into()))
            }
            _ => Self::internal("a batch failed", error),
        }
    }
}

impl StatementError for Error {
    fn failure(&self) -> Failure {
        if matches!(self, Self::Refused(_)) {
            return Failure::Row;
        }
        let failure = self
            .sql_state()
            .map(|state| Failure::of_sql_state(state.code()));
        match failure {
            Some(failure @ (Failure::Row | Failure::Race)) => failure,
            _ if matches!(self, Self::Unavailable(..)) => Failure::Connection,
            _ => Failure::Statement,
        }
    }

    fn shared(self) -> impl Fn() -> Self {
        self.shared()
    }
}
