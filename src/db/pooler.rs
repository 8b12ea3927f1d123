//! The connection pooler between this program and PostgreSQL, where there is one: how it is found and what it is called.
//! `pooling` tests whether it keeps prepared statements, without which no request can be served.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_postgres::Error as DriverError;
use tokio_postgres::error::SqlState;

/// A pooler, as far as it can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooler {
    /// Recognised by the text with which it refuses start-up options.
    PgBouncer,
    /// Recognised in the same way.
    RdsProxy,
    /// Any that ignores start-up options, or refuses them with another text.
    Unnamed,
}

impl Pooler {
    /// From the error with which it refuses start-up options.
    pub(super) fn of_refusal(error: &DriverError) -> Self {
        let text = error.as_db_error().map_or("", |error| error.message());
        if text.contains("RDS Proxy") {
            Self::RdsProxy
        } else if text.contains("unsupported startup parameter") {
            Self::PgBouncer
        } else {
            Self::Unnamed
        }
    }
}

impl fmt::Display for Pooler {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::PgBouncer => "PgBouncer",
            Self::RdsProxy => "RDS Proxy",
            Self::Unnamed => "a connection pooler",
        })
    }
}

/// The pooler that connections of one database have found; clones of a `Connector` share it.
#[derive(Debug, Default)]
pub(super) struct PoolerMemory(Mutex<Option<Pooler>>);

impl PoolerMemory {
    pub(super) fn find(&self) -> Option<Pooler> {
        *self.lock()
    }

    pub(super) fn is_found(&self) -> bool {
        self.find().is_some()
    }

    /// Keeps the better-known of two.
    pub(super) fn remember(&self, pooler: Pooler) {
        let mut found = self.lock();
        if matches!(*found, None | Some(Pooler::Unnamed)) {
            tracing::info!(
                %pooler,
                "the server applies no start-up options, so each transaction sets what it needs"
            );
            *found = Some(pooler);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Pooler>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an operator does about a pooler that loses prepared statements.
pub const WAY_OUT: &str = "use PgBouncer 1.21 or later with max_prepared_statements above 0, set pool_mode=session, or \
                           let CONNECTION_URL name the database itself";

/// Whether a pooler has sent the statement to a session that does not know it, or knows another one of that name.
pub(super) fn is_lost_statement(state: &SqlState) -> bool {
    [
        SqlState::INVALID_SQL_STATEMENT_NAME,
        SqlState::DUPLICATE_PSTATEMENT,
    ]
    .contains(state)
}
