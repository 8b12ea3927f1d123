//! Bounds the time that an operation waits in the database. An error names the sessions that hold the lock, by
//! process, application and duration, and never shows a statement.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Row};

use crate::db::Connector;
use crate::error::{Error, Result};

/// How long a report may take.
const REPORT_TIMEOUT: Duration = Duration::from_secs(5);
/// `statement_timeout` of a report, shorter so that the server ends the statement first.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(3);
const LATE: &str = "the database did not answer in time";
/// An operation that ends sooner opens no second connection.
const WATCH_DELAY: Duration = Duration::from_millis(500);
const WATCH_INTERVAL: Duration = Duration::from_millis(250);

/// Looks from a second connection at the sessions that block the first one.
pub struct LockWatch {
    connector: Connector,
    pid: i32,
    limit: Option<Duration>,
}

impl LockWatch {
    /// Connects for a report, which as a whole has a limit of five seconds.
    ///
    /// # Errors
    /// A database that does not answer in time.
    pub async fn connect_for_report(connector: &Connector) -> Result<(Client, Self)> {
        let connector = connector.for_reports(STATEMENT_TIMEOUT);
        Self::connect(&connector, Some(REPORT_TIMEOUT)).await
    }

    /// Connects for a change, whose transaction limits its own waits for locks.
    ///
    /// # Errors
    /// A database that does not answer in time.
    pub async fn connect_for_change(connector: &Connector) -> Result<(Client, Self)> {
        Self::connect(connector, None).await
    }

    async fn connect(connector: &Connector, limit: Option<Duration>) -> Result<(Client, Self)> {
        let client = connector.connect().await?;
        let find_pid = client.query_one(include_str!("sql/find_own_process.sql"), &[]);
        let row = timeout(REPORT_TIMEOUT, find_pid)
            .await
            .map_err(Error::unavailable(LATE))??;
        let pid = row.try_get("pid")?;
        let watch = Self {
            connector: connector.clone(),
            pid,
            limit,
        };
        Ok((client, watch))
    }

    /// The outcome of `work`, which uses the connection that this value watches.
    ///
    /// # Errors
    /// Those of `work`, with the blocking sessions where a lock was the cause; a report that takes too long.
    pub async fn during<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let mut blockers = Vec::new();
        let limited = async {
            match self.limit {
                Some(limit) => timeout(limit, work)
                    .await
                    .map_err(Error::unavailable(LATE))
                    .flatten(),
                None => work.await,
            }
        };
        let outcome = tokio::select! {
            outcome = limited => outcome,
            never = self.watch(&mut blockers) => match never {},
        };
        outcome.map_err(|error| explain(error, &blockers))
    }

    /// Replaces `blockers` by what it finds, as long as it finds any.
    async fn watch(&self, blockers: &mut Vec<Blocker>) -> Infallible {
        sleep(WATCH_DELAY).await;
        // Behind a pooler the next statement may run in another session.
        if self.connector.pooler().is_some() {
            return std::future::pending().await;
        }
        // Without a second connection the error just names no session.
        let Ok(client) = self.connector.connect().await else {
            return std::future::pending().await;
        };
        loop {
            let rows = client
                .query(include_str!("sql/list_blockers.sql"), &[&self.pid])
                .await;
            let found: Vec<_> = rows
                .iter()
                .flatten()
                .filter_map(|row| Blocker::read(row).ok())
                .collect();
            if !found.is_empty() {
                *blockers = found;
            }
            sleep(WATCH_INTERVAL).await;
        }
    }
}

/// A session that holds a lock, or is ahead in its queue.
struct Blocker {
    pid: i32,
    app: String,
    /// `None` where the account may not see it.
    transaction_seconds: Option<f64>,
}

impl Blocker {
    fn read(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            pid: row.try_get("pid")?,
            app: row.try_get("app")?,
            transaction_seconds: row.try_get("transaction_seconds")?,
        })
    }

    fn describe(&self) -> String {
        let since = self
            .transaction_seconds
            .map_or_else(String::new, |seconds| {
                format!(", in a transaction for {seconds:.0} s")
            });
        format!("process {} ({}{since})", self.pid, self.app)
    }
}

/// Adds the blocking sessions to the error of a statement that waited too long.
fn explain(error: Error, blockers: &[Blocker]) -> Error {
    let is_late = match error.sql_state() {
        Some(state) => [SqlState::LOCK_NOT_AVAILABLE, SqlState::QUERY_CANCELED].contains(state),
        None => matches!(error, Error::Unavailable(..)),
    };
    if !is_late {
        return error;
    }
    if blockers.is_empty() {
        // Behind a pooler they are not known.
        return match error.sql_state() {
            Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                let advice = format!("{error}: it waited for a lock; try again later");
                Error::Operator(advice, Some(error.into()))
            }
            _ => error,
        };
    }
    let described: Vec<_> = blockers.iter().map(Blocker::describe).collect();
    let advice = format!(
        "{error}: it waited for a lock behind {}; end that session with `cruddur db terminate PID`, or try again \
         later",
        described.join(" and ")
    );
    Error::Operator(advice, Some(error.into()))
}
