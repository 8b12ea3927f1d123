//! The errors of a batch, and the trait that classifies the errors of the application.

use std::time::Duration;

/// A failure of the batching itself; the application turns it into its own error type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// The queue holds [`QUEUE_CAPACITY`](crate::QUEUE_CAPACITY) entries: the database is slower than the
    /// requests. A later retry may succeed.
    #[error("the queue of batch requests is full")]
    QueueFull,
    /// The batch worker panicked or ended before it responded.
    #[error("the batch ended without a response")]
    Aborted,
    /// The statement ran for longer than [`Database::statement_timeout`](crate::Database::statement_timeout).
    #[error("the batch statement did not finish within {0:?}")]
    TimedOut(Duration),
    /// The application's function returned another number of results than it was given requests.
    #[error("the batch function returned {returned} results for {expected} requests")]
    WrongCount {
        /// How many requests the function was given.
        expected: usize,
        /// How many results it returned.
        returned: usize,
    },
}

/// What a failed statement means for the batch that it served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The database refused one of the rows and stored none of them. Without that row the others may succeed.
    Row,
    /// The statement lost a deadlock or a serialization race and was rolled back. It may succeed when it is sent
    /// again.
    Race,
    /// The statement failed for every request alike.
    Statement,
    /// The connection failed or cannot be trusted any more; every request fails, and the connection is
    /// discarded.
    Connection,
}

impl Failure {
    /// The failure behind a SQLSTATE that the server sent, such as `"23505"`.
    ///
    /// Classes 22 (data), 23 (constraints) and P0 (PL/pgSQL) concern a row. 40001 and 40P01 are lost races.
    /// Classes 08 (connection), 53 (resources) and 57 (operator intervention, time-outs) concern the connection.
    ///
    /// ```
    /// use pg_batch::Failure;
    ///
    /// assert_eq!(Failure::of_sql_state("23505"), Failure::Row);
    /// assert_eq!(Failure::of_sql_state("40P01"), Failure::Race);
    /// assert_eq!(Failure::of_sql_state("57P01"), Failure::Connection);
    /// assert_eq!(Failure::of_sql_state("42601"), Failure::Statement);
    /// ```
    pub fn of_sql_state(code: &str) -> Self {
        match (code, code.get(..2)) {
            ("40001" | "40P01", _) => Self::Race,
            (_, Some("22" | "23" | "P0")) => Self::Row,
            (_, Some("08" | "53" | "57")) => Self::Connection,
            _ => Self::Statement,
        }
    }
}

/// The application's error: its meaning for a batch, and copies of it for the requests of the batch.
pub trait StatementError: From<BatchError> + Send + 'static {
    /// What the error means for the batch whose statement failed with it.
    fn failure(&self) -> Failure;

    /// The same error for each request of a batch. Where the error type is `Clone`, this is
    /// `move || self.clone()`.
    fn shared(self) -> impl Fn() -> Self;
}
