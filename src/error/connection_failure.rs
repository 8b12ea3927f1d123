//! Why no connection to the database was opened, for operators. `db::connector` makes it.

use tokio_postgres::error::SqlState;

/// A failed attempt to connect. Its text is two sentences: the database's address with the reason, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{finding}{}{advice}", if advice.is_empty() { "." } else { ". " })]
pub struct ConnectionFailure {
    /// The first sentence, without its full stop.
    pub finding: String,
    /// The second sentence; empty where the reason says what to do.
    pub advice: String,
    /// The SQLSTATE, if PostgreSQL refused the connection.
    pub sql_state: Option<SqlState>,
}
