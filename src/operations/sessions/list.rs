//! The sessions of the database server, from `pg_stat_activity` and `pg_locks`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;

use super::literals::without_literals;
use super::protection::protection;
use crate::domain::timestamp;
use crate::error::Result;

/// The states of a session, as PostgreSQL 14 to 18 name them.
const STATES: [&str; 7] = [
    "active",
    "idle",
    "idle in transaction",
    "idle in transaction (aborted)",
    "fastpath function call",
    "starting",
    "disabled",
];

/// Which sessions to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// A state that [`parse_state`] accepts; `None` lists all.
    pub state: Option<String>,
    /// The shortest time that a session has been in its state.
    pub min_age: Duration,
}

/// One session. The first six keys are those of the script `db-sessions` that this list replaces.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    /// The operating system's process id of the session, unique while the session lasts.
    pub process_id: i32,
    /// The account; null for a process of PostgreSQL itself.
    #[schema(required)]
    pub user: Option<String>,
    /// The database; null for a process of PostgreSQL itself.
    #[schema(required)]
    pub db: Option<String>,
    /// The client's IP address; null for a client on a Unix-domain socket.
    #[schema(required)]
    pub client_addr: Option<String>,
    /// `application_name`.
    pub app: String,
    /// `active`, `idle`, `idle in transaction`, …; null where the account may not see it.
    #[schema(required)]
    pub state: Option<String>,
    /// `client backend`, `walsender`, `checkpointer`, …
    pub backend_type: String,
    /// Whether the connection is encrypted.
    pub ssl: bool,
    /// The type of the event that the session waits for: `Lock`, `Client`, `IO`, …
    #[schema(required)]
    pub wait_event_type: Option<String>,
    /// The event that the session waits for.
    #[schema(required)]
    pub wait_event: Option<String>,
    /// When the session began. It identifies the session together with `process_id`, which the
    /// operating system reuses.
    #[serde(with = "timestamp::option")]
    #[schema(required)]
    pub backend_start: Option<DateTime<Utc>>,
    /// Seconds since the session began.
    #[schema(required)]
    pub session_seconds: Option<f64>,
    /// Seconds since the transaction began; null outside a transaction.
    #[schema(required)]
    pub transaction_seconds: Option<f64>,
    /// Seconds since the latest statement began.
    #[schema(required)]
    pub query_seconds: Option<f64>,
    /// Seconds in this state.
    #[schema(required)]
    pub state_seconds: Option<f64>,
    /// The processes that hold or are ahead in the queue for the lock that this session waits for.
    pub blocked_by: Vec<i32>,
    /// The lock that the session waits for.
    #[schema(required)]
    pub waiting: Option<SessionWait>,
    /// The latest statement, with every literal replaced by `?`.
    #[schema(required)]
    pub statement: Option<String>,
    /// Why the session cannot be ended with Cruddur; null if it can.
    #[schema(required)]
    pub protected: Option<&'static str>,
}

/// The lock that a session waits for.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionWait {
    /// The type of the lock: `relation`, `transactionid`, `advisory`, …
    pub lock: String,
    /// The mode of the lock: `ShareLock`, `AccessExclusiveLock`, …
    pub mode: String,
    /// The table; null if the lock is not on a table of this database.
    #[schema(required)]
    pub table: Option<String>,
    /// Seconds since the wait began; null before PostgreSQL has recorded it.
    #[schema(required)]
    pub seconds: Option<f64>,
}

/// Every session but the one that runs the query.
///
/// # Errors
/// A database that cannot be read.
pub async fn list(client: &Client, filter: &Filter) -> Result<Vec<Session>> {
    let min_age = filter.min_age.as_secs_f64();
    let rows = client
        .query(
            include_str!("../sql/list_sessions.sql"),
            &[&filter.state, &min_age],
        )
        .await?;
    rows.iter().map(session).collect()
}

fn session(row: &Row) -> Result<Session> {
    let user: Option<String> = row.try_get("user")?;
    let app: Option<String> = row.try_get("app")?;
    let app = app.unwrap_or_default();
    let backend_type: Option<String> = row.try_get("backend_type")?;
    let backend_type = backend_type.unwrap_or_default();
    let statement: Option<String> = row.try_get("statement")?;
    Ok(Session {
        process_id: row.try_get("process_id")?,
        protected: protection(row.try_get("is_server")?, user.as_deref(), &backend_type),
        user,
        db: row.try_get("db")?,
        client_addr: row.try_get("client_addr")?,
        app,
        state: row.try_get("state")?,
        backend_type,
        ssl: row.try_get("ssl")?,
        wait_event_type: row.try_get("wait_event_type")?,
        wait_event: row.try_get("wait_event")?,
        backend_start: row.try_get("backend_start")?,
        session_seconds: row.try_get("session_seconds")?,
        transaction_seconds: row.try_get("transaction_seconds")?,
        query_seconds: row.try_get("query_seconds")?,
        state_seconds: row.try_get("state_seconds")?,
        blocked_by: row.try_get("blocked_by")?,
        waiting: wait(row)?,
        statement: statement
            .filter(|statement| !statement.is_empty())
            .map(|statement| without_literals(&statement)),
    })
}

fn wait(row: &Row) -> Result<Option<SessionWait>> {
    let Some(lock) = row.try_get("waiting_for")? else {
        return Ok(None);
    };
    Ok(Some(SessionWait {
        lock,
        mode: row.try_get("waiting_mode")?,
        table: row.try_get("waiting_table")?,
        seconds: row.try_get("waiting_seconds")?,
    }))
}

/// Parses a state, such as `idle in transaction`.
pub fn parse_state(text: &str) -> Result<String, String> {
    match STATES.contains(&text) {
        true => Ok(text.to_owned()),
        false => Err(format!("the states are: {}", STATES.join(", "))),
    }
}

/// Parses an age such as `5m` or `2h 30m`; a number without a unit is in seconds.
pub fn parse_age(text: &str) -> Result<Duration, String> {
    let seconds = || {
        text.parse()
            .map(|seconds: u32| Duration::from_secs(seconds.into()))
    };
    seconds().or_else(|_| {
        humantime::parse_duration(text)
            .map_err(|_| "an age is a number with s, m, h or d, such as 90s or 5m".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_a_number_and_a_unit() {
        for (text, seconds) in [
            ("0", 0),
            ("90", 90),
            ("90s", 90),
            ("5m", 300),
            ("2h", 7_200),
            ("1d", 86_400),
            ("1h 30m", 5_400),
        ] {
            assert_eq!(parse_age(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "s", "-1s", "soon", "5x", "4294967296"] {
            assert!(parse_age(text).is_err(), "{text}");
        }
    }
}
