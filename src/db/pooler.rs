//! The connection pooler between this program and PostgreSQL, where there is one: how it is found, what it is called,
//! and whether it keeps prepared statements, without which no request can be served.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error as DriverError, SimpleQueryMessage};

use super::Connector;
use crate::error::{Error, Result};

/// The rounds of the test: a pooler need not give the same session to the next client.
const ROUNDS: usize = 3;
/// How long the test may take. Where a pooler has a single session, the test waits for it in vain.
const TEST_TIMEOUT: Duration = Duration::from_secs(2);

/// A pooler, as far as it can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooler {
    /// Its version where it lets this account ask.
    PgBouncer(Option<(u16, u16)>),
    /// Amazon's.
    RdsProxy,
    /// Any that applies no start-up options.
    Unnamed,
}

impl Pooler {
    /// From the error with which it refuses start-up options.
    pub(super) fn of_refusal(error: &DriverError) -> Self {
        let text = error.as_db_error().map_or("", |error| error.message());
        if text.contains("RDS Proxy") {
            Self::RdsProxy
        } else if text.contains("unsupported startup parameter") {
            Self::PgBouncer(None)
        } else {
            Self::Unnamed
        }
    }
}

impl fmt::Display for Pooler {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PgBouncer(Some((major, minor))) => write!(formatter, "PgBouncer {major}.{minor}"),
            Self::PgBouncer(None) => write!(formatter, "PgBouncer"),
            Self::RdsProxy => write!(formatter, "RDS Proxy"),
            Self::Unnamed => write!(formatter, "a connection pooler"),
        }
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

/// How a pooler shares PostgreSQL's sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// Each connection seems to keep its session.
    OfSessions,
    /// A connection has a session only during a transaction; prepared statements work.
    OfTransactions,
    /// As before, and a prepared statement is missing in the next session.
    LosesStatements,
}

/// What an operator does about a pooler that loses prepared statements.
pub const WAY_OUT: &str = "use PgBouncer 1.21 or later with max_prepared_statements above 0, set pool_mode=session, or \
                           let CONNECTION_URL name the database itself";

/// Tests how the pooler shares sessions. While the second connection holds the session that the first one has used,
/// the first one runs its prepared statement again.
///
/// # Errors
/// [`Error::Unavailable`] where the database does not answer in time.
pub async fn examine(connector: &Connector) -> Result<Pooling> {
    let test = async {
        let (first, second) = (connector.connect().await?, connector.connect().await?);
        compare(&first, &second).await
    };
    tokio::time::timeout(TEST_TIMEOUT, test)
        .await
        .map_err(Error::unavailable("the pooler did not answer in time"))?
}

async fn compare(first: &Client, second: &Client) -> Result<Pooling> {
    for _ in 0..ROUNDS {
        match hold_and_compare(first, second).await {
            Err(error) if error.code().is_some_and(is_lost_statement) => {
                return Ok(Pooling::LosesStatements);
            }
            Ok(false) => {}
            Ok(true) => return Ok(Pooling::OfTransactions),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Pooling::OfSessions)
}

/// Whether both connections have used the same session, or one of them two.
async fn hold_and_compare(first: &Client, second: &Client) -> Result<bool, DriverError> {
    let sql = include_str!("sql/find_backend.sql");
    let statement = first.prepare(sql).await?;
    let before: i32 = first.query_one(&statement, &[]).await?.try_get("backend")?;
    second.batch_execute("begin").await?;
    let messages = second.simple_query(sql).await?;
    let held = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get("backend")?.parse::<i32>().ok(),
        _ => None,
    });
    let after: i32 = first.query_one(&statement, &[]).await?.try_get("backend")?;
    second.batch_execute("rollback").await?;
    Ok(held == Some(before) || before != after)
}

/// Whether a pooler has sent the statement to a session that does not know it, or knows another one of that name.
pub(super) fn is_lost_statement(state: &SqlState) -> bool {
    [
        SqlState::INVALID_SQL_STATEMENT_NAME,
        SqlState::DUPLICATE_PSTATEMENT,
    ]
    .contains(state)
}
