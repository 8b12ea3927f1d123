//! Ends a statement or a session, and looks what came of it.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;

use super::protection;
use crate::db::Connector;
use crate::error::{Error, Result};

/// How long a process has to follow a signal; it looks at it between two steps of its work.
const PATIENCE: Duration = Duration::from_secs(3);
const POLL: Duration = Duration::from_millis(25);

#[derive(Debug, Serialize, ToSchema)]
pub struct SignalReport {
    pub process_id: i32,
    /// `cancel` the statement or `terminate` the session.
    pub asked: Ending,
    pub outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    Cancel,
    Terminate,
}

/// What was found afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The statement, or the session, is not there (any more).
    Gone,
    /// It has not followed the signal within three seconds; it may yet.
    StillRunning,
    /// The account of the connection may not end it.
    Forbidden,
}

/// Ends the statement that process `pid` is running; its session stays.
///
/// # Errors
/// [`Error::Guarded`] for a session that is nobody's to end.
pub async fn cancel(
    connector: &Connector,
    pid: i32,
    backend_start: Option<DateTime<Utc>>,
) -> Result<SignalReport> {
    end(connector, pid, backend_start, Ending::Cancel).await
}

/// Ends the session of process `pid`.
///
/// # Errors
/// [`Error::Guarded`] for a session that is nobody's to end.
pub async fn terminate(
    connector: &Connector,
    pid: i32,
    backend_start: Option<DateTime<Utc>>,
) -> Result<SignalReport> {
    end(connector, pid, backend_start, Ending::Terminate).await
}

async fn end(
    connector: &Connector,
    pid: i32,
    seen: Option<DateTime<Utc>>,
    asked: Ending,
) -> Result<SignalReport> {
    let client = connector.connect().await?;
    let outcome = match find(&client, pid).await? {
        None => Outcome::Gone,
        // Another process with the pid of the one that the caller saw.
        Some(found) if seen.is_some_and(|seen| Some(seen) != found.backend_start) => Outcome::Gone,
        Some(found) => {
            if let Some(reason) = found.protected {
                return Err(Error::Guarded(format!(
                    "refused to {}: process {pid} is {reason}",
                    asked.verb()
                )));
            }
            signal(&client, pid, &found, asked).await?
        }
    };
    Ok(SignalReport {
        process_id: pid,
        asked,
        outcome,
    })
}

impl Ending {
    fn verb(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Terminate => "terminate",
        }
    }

    fn statement(self) -> &'static str {
        match self {
            Self::Cancel => include_str!("../sql/cancel_session.sql"),
            Self::Terminate => include_str!("../sql/terminate_session.sql"),
        }
    }
}

struct Found {
    backend_start: Option<DateTime<Utc>>,
    /// When the running statement began; `None` while none runs.
    running_since: Option<DateTime<Utc>>,
    protected: Option<&'static str>,
}

async fn signal(client: &Client, pid: i32, found: &Found, asked: Ending) -> Result<Outcome> {
    if asked == Ending::Cancel && found.running_since.is_none() {
        return Ok(Outcome::Gone);
    }
    match client
        .query_opt(asked.statement(), &[&pid, &found.backend_start])
        .await
    {
        Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            return Ok(Outcome::Forbidden);
        }
        sent => sent?,
    };
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        match find(client, pid).await? {
            None => return Ok(Outcome::Gone),
            Some(now) if now.backend_start != found.backend_start => return Ok(Outcome::Gone),
            Some(now) if asked == Ending::Cancel && now.running_since != found.running_since => {
                return Ok(Outcome::Gone);
            }
            Some(_) => tokio::time::sleep(POLL).await,
        }
    }
    Ok(Outcome::StillRunning)
}

async fn find(client: &Client, pid: i32) -> Result<Option<Found>> {
    let row = client
        .query_opt(include_str!("../sql/find_session.sql"), &[&pid])
        .await?;
    row.as_ref().map(found).transpose()
}

fn found(row: &Row) -> Result<Found> {
    let user: Option<&str> = row.try_get("user")?;
    let app: Option<&str> = row.try_get("app")?;
    let backend_type: Option<&str> = row.try_get("backend_type")?;
    let state: Option<&str> = row.try_get("state")?;
    let query_start: Option<DateTime<Utc>> = row.try_get("query_start")?;
    // Without the right to see it, the state is null and the statement may well be running.
    let is_running = matches!(state, None | Some("active" | "fastpath function call"));
    let protected = match row.try_get("is_ours")? {
        true => Some("the one that asks"),
        false => protection(
            user,
            app.unwrap_or_default(),
            backend_type.unwrap_or("client backend"),
        ),
    };
    Ok(Found {
        backend_start: row.try_get("backend_start")?,
        running_since: query_start.filter(|_| is_running),
        protected,
    })
}
