//! The sessions of the server, as `pg_stat_activity` and `pg_locks` know them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::literals::without_literals;
use super::protection;
use crate::db::Connector;
use crate::error::Result;
use crate::http::timestamp;

/// Which sessions to show.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// `active`, `idle`, `idle in transaction`, …
    pub state: Option<String>,
    /// In its state for so long at least.
    pub min_age: Duration,
}

/// One session; the first six keys are those of the script that this replaces. Ages are in seconds.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    pub process_id: i32,
    #[schema(required)]
    pub user: Option<String>,
    #[schema(required)]
    pub db: Option<String>,
    /// Null: through a socket of the server's machine.
    #[schema(required)]
    pub client_addr: Option<String>,
    pub app: String,
    #[schema(required)]
    pub state: Option<String>,
    pub backend_type: String,
    pub ssl: bool,
    #[schema(required)]
    pub wait_event_type: Option<String>,
    #[schema(required)]
    pub wait_event: Option<String>,
    /// Says, with the process, which session is meant: a pid is used again.
    #[serde(with = "timestamp::option")]
    #[schema(required)]
    pub backend_start: Option<DateTime<Utc>>,
    #[schema(required)]
    pub session_seconds: Option<f64>,
    #[schema(required)]
    pub transaction_seconds: Option<f64>,
    /// Since the latest statement began.
    #[schema(required)]
    pub query_seconds: Option<f64>,
    #[schema(required)]
    pub state_seconds: Option<f64>,
    /// The processes that keep this one waiting.
    pub blocked_by: Vec<i32>,
    /// What it waits for.
    #[schema(required)]
    pub waiting: Option<Waiting>,
    /// The latest statement, every literal replaced by `?`.
    #[schema(required)]
    pub statement: Option<String>,
    /// Why nobody may end it; null where one may.
    #[schema(required)]
    pub protected: Option<&'static str>,
}

/// A lock that a session does not get.
#[derive(Debug, Serialize, ToSchema)]
pub struct Waiting {
    /// `relation`, `transactionid`, `advisory`, …
    pub lock: String,
    pub mode: String,
    /// The table, where the lock is about one of this database.
    #[schema(required)]
    pub table: Option<String>,
    #[schema(required)]
    pub seconds: Option<f64>,
}

/// Every session but the one that asks.
pub async fn list(connector: &Connector, filter: &Filter) -> Result<Vec<Session>> {
    let client = connector.connect().await?;
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
        protected: protection(user.as_deref(), &app, &backend_type),
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
        waiting: waiting(row)?,
        statement: statement
            .filter(|statement| !statement.is_empty())
            .map(|statement| without_literals(&statement)),
    })
}

fn waiting(row: &Row) -> Result<Option<Waiting>> {
    let Some(lock) = row.try_get("waiting_for")? else {
        return Ok(None);
    };
    Ok(Some(Waiting {
        lock,
        mode: row.try_get("waiting_mode")?,
        table: row.try_get("waiting_table")?,
        seconds: row.try_get("waiting_seconds")?,
    }))
}

/// Reads `5m`, `2h 30m` and the like; a number alone is in seconds.
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
