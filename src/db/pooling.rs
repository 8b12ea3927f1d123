//! Tests how a pooler shares PostgreSQL's sessions, and whether prepared statements survive that.

use std::time::Duration;

use tokio_postgres::{Client, Error as DriverError, SimpleQueryMessage};

use super::Connector;
use super::pooler::is_lost_statement;
use crate::error::{Error, Result};

/// The rounds of the test: a pooler need not give the same session to the next client.
const ROUNDS: usize = 3;
/// How long the test may take. Where a pooler has a single session, the test waits for it in vain.
const TEST_TIMEOUT: Duration = Duration::from_secs(2);

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
