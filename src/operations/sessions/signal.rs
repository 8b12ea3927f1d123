//! Ends a statement or a session, and observes the outcome.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Row};
use utoipa::ToSchema;

use super::protection::protection;
use crate::error::{Error, Result};
use crate::operations::poll::Poll;

/// How long to wait for the end of a statement or session; a process usually ends within milliseconds.
const TIMEOUT: Duration = Duration::from_secs(3);
const INTERVAL: Duration = Duration::from_millis(25);

/// A signal and its outcome.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignalReport {
    /// The process id of the session.
    pub process_id: i32,
    /// `cancel` the statement or `terminate` the session.
    pub asked: SignalKind,
    /// The observed outcome.
    pub outcome: SignalOutcome,
}

/// What to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// The running statement.
    Cancel,
    /// The session.
    Terminate,
}

/// The outcome that was observed after the signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignalOutcome {
    /// The statement or the session does not exist any more.
    Gone,
    /// No session has this process id, and the request did not say when the session began. Nothing was signalled.
    NoSession,
    /// It exists three seconds after the signal; it may still end.
    StillRunning,
    /// The account of the connection may not signal it.
    Forbidden,
}

/// Cancels the statement that process `pid` is running; its session stays. With `backend_start`, only
/// if the session began at that time.
///
/// # Errors
/// [`Error::Guarded`] for a protected session.
pub async fn cancel(
    client: &Client,
    pid: i32,
    backend_start: Option<DateTime<Utc>>,
) -> Result<SignalReport> {
    end(client, pid, backend_start, SignalKind::Cancel).await
}

/// Terminates the session of process `pid`. With `backend_start`, only if it began at that time.
///
/// # Errors
/// [`Error::Guarded`] for a protected session.
pub async fn terminate(
    client: &Client,
    pid: i32,
    backend_start: Option<DateTime<Utc>>,
) -> Result<SignalReport> {
    end(client, pid, backend_start, SignalKind::Terminate).await
}

async fn end(
    client: &Client,
    pid: i32,
    expected_start: Option<DateTime<Utc>>,
    asked: SignalKind,
) -> Result<SignalReport> {
    let outcome = match find(client, pid).await? {
        // With its start, the session was seen before.
        None if expected_start.is_some() => SignalOutcome::Gone,
        None => SignalOutcome::NoSession,
        // The pid has been reused for another session.
        Some(session) if expected_start.is_some() && expected_start != session.backend_start => {
            SignalOutcome::Gone
        }
        Some(session) => {
            if let Some(reason) = session.protected {
                return Err(Error::Guarded(format!(
                    "refused to {}: process {pid} is {reason}",
                    asked.verb()
                )));
            }
            signal(client, pid, &session, asked).await?
        }
    };
    Ok(SignalReport {
        process_id: pid,
        asked,
        outcome,
    })
}

impl SignalKind {
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

struct SignalTarget {
    backend_start: Option<DateTime<Utc>>,
    /// When the running statement began; `None` if none runs.
    running_since: Option<DateTime<Utc>>,
    protected: Option<&'static str>,
}

async fn signal(
    client: &Client,
    pid: i32,
    target: &SignalTarget,
    asked: SignalKind,
) -> Result<SignalOutcome> {
    if asked == SignalKind::Cancel && target.running_since.is_none() {
        return Ok(SignalOutcome::Gone);
    }
    match client
        .query_opt(asked.statement(), &[&pid, &target.backend_start])
        .await
    {
        Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            return Ok(SignalOutcome::Forbidden);
        }
        sent => sent?,
    };
    let poll = Poll::every(INTERVAL, TIMEOUT);
    loop {
        let has_ended = match find(client, pid).await? {
            None => true,
            Some(now) if now.backend_start != target.backend_start => true,
            Some(now) => asked == SignalKind::Cancel && now.running_since != target.running_since,
        };
        if has_ended {
            return Ok(SignalOutcome::Gone);
        }
        if !poll.wait().await {
            return Ok(SignalOutcome::StillRunning);
        }
    }
}

async fn find(client: &Client, pid: i32) -> Result<Option<SignalTarget>> {
    let row = client
        .query_opt(include_str!("../sql/find_session.sql"), &[&pid])
        .await?;
    row.as_ref().map(signal_target).transpose()
}

fn signal_target(row: &Row) -> Result<SignalTarget> {
    let user: Option<&str> = row.try_get("user")?;
    let backend_type: Option<&str> = row.try_get("backend_type")?;
    let state: Option<&str> = row.try_get("state")?;
    let query_start: Option<DateTime<Utc>> = row.try_get("query_start")?;
    // The state is null where the account may not see it; then a statement may be running.
    let is_running = matches!(state, None | Some("active" | "fastpath function call"));
    let protected = match row.try_get("is_ours")? {
        true => Some("the session of this command"),
        false => protection(
            row.try_get("is_server")?,
            user,
            backend_type.unwrap_or("client backend"),
        ),
    };
    Ok(SignalTarget {
        backend_start: row.try_get("backend_start")?,
        running_since: query_start.filter(|_| is_running),
        protected,
    })
}
