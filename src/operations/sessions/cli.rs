//! `cruddur db sessions`, `db cancel` and `db terminate`.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Filter, Session, SignalKind, SignalOutcome, SignalReport, parse_age, parse_state};
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::operations::command_context::{CommandContext, DatabaseArguments};

/// The table cuts a statement after this number of characters; `--json` has all of it.
const MAX_STATEMENT_CHARS: usize = 60;

/// List the database server's sessions, each with its account, its statement and the sessions that block it.
#[derive(clap::Args)]
pub struct SessionsArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// Only sessions in this state: active, idle, "idle in transaction".
    #[arg(long, value_parser = parse_state)]
    state: Option<String>,
    /// Only sessions that have been in their state for at least this long: 90s, 5m, 2h.
    #[arg(long, value_name = "AGE", default_value = "0", value_parser = parse_age)]
    min_age: Duration,
}

/// Cancel the statement that a session is running.
#[derive(clap::Args)]
pub struct CancelArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    session: SignalArguments,
}

/// Terminate a session.
#[derive(clap::Args)]
pub struct TerminateArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    session: SignalArguments,
}

/// The session to signal.
#[derive(clap::Args)]
struct SignalArguments {
    /// The process_id of the session.
    pid: i32,
    /// The backend_start of the session in `--json`; a session that began at another time is not signalled.
    #[arg(long, value_name = "TIME")]
    backend_start: Option<DateTime<Utc>>,
}

impl SessionsArguments {
    pub(in crate::operations) async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        context.output.heading("db-sessions");
        let filter = Filter {
            state: self.state,
            min_age: self.min_age,
        };
        let sessions = super::list(&context.connector.connect().await?, &filter).await?;
        context
            .output
            .report(&sessions, |sessions| describe_sessions(sessions))
    }
}

impl CancelArguments {
    pub(in crate::operations) async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        let SignalArguments { pid, backend_start } = self.session;
        let client = context.connector.connect().await?;
        let report = super::cancel(&client, pid, backend_start).await?;
        finish(&context, &report)
    }
}

impl TerminateArguments {
    pub(in crate::operations) async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        let SignalArguments { pid, backend_start } = self.session;
        let client = context.connector.connect().await?;
        let report = super::terminate(&client, pid, backend_start).await?;
        finish(&context, &report)
    }
}

/// Prints the report, and returns an error unless the statement or session has ended.
fn finish(context: &CommandContext, report: &SignalReport) -> Result<()> {
    context.output.report(report, describe_signal)?;
    match report.outcome {
        SignalOutcome::Gone => Ok(()),
        SignalOutcome::NoSession => Err(Error::Missing(format!(
            "there is no session of process {}; `cruddur db sessions` lists those that exist",
            report.process_id
        ))),
        SignalOutcome::StillRunning => Err(Error::operator(
            "the statement or session has not ended yet; list the sessions again",
        )),
        SignalOutcome::Forbidden => Err(Error::operator(
            "the account of the connection URL is not allowed to signal this session",
        )),
    }
}

fn describe_signal(report: &SignalReport) -> Vec<String> {
    let kind = match report.asked {
        SignalKind::Cancel => "statement",
        SignalKind::Terminate => "session",
    };
    let outcome = match report.outcome {
        SignalOutcome::Gone => "gone",
        SignalOutcome::NoSession => "no such session",
        SignalOutcome::StillRunning => "still running",
        SignalOutcome::Forbidden => "forbidden",
    };
    vec![format!(
        "{kind} of process {}: {outcome}",
        report.process_id
    )]
}

/// The sessions as a table. Its first six columns are those of the script `db-sessions`, which this command replaces.
fn describe_sessions(sessions: &[Session]) -> Vec<String> {
    let header = [
        "process_id",
        "user",
        "db",
        "client_addr",
        "app",
        "state",
        "age",
        "in state",
        "waits for",
        "statement",
    ];
    let mut rows = vec![header.map(str::to_owned)];
    rows.extend(sessions.iter().map(row));
    let widths: Vec<usize> = (0..header.len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max())
        .map(Option::unwrap_or_default)
        .collect();
    let line = |row: &[String; 10]| {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

fn row(session: &Session) -> [String; 10] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let statement: String = text(&session.statement)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(MAX_STATEMENT_CHARS)
        .collect();
    [
        session.process_id.to_string(),
        text(&session.user),
        text(&session.db),
        text(&session.client_addr),
        session.app.clone(),
        session
            .state
            .clone()
            .unwrap_or_else(|| session.backend_type.clone()),
        age(session.session_seconds),
        age(session.state_seconds),
        waits_for(session),
        statement,
    ]
}

/// The blocking sessions, the lock and the waiting time: `4242: transactionid ShareLock on users, 12s`.
fn waits_for(session: &Session) -> String {
    let Some(wait) = &session.waiting else {
        return String::new();
    };
    let blockers: Vec<String> = session.blocked_by.iter().map(ToString::to_string).collect();
    let table = wait
        .table
        .as_ref()
        .map_or_else(String::new, |table| format!(" on {table}"));
    format!(
        "{}: {} {}{table}, {}",
        blockers.join(" "),
        wait.lock,
        wait.mode,
        age(wait.seconds)
    )
}

fn age(seconds: Option<f64>) -> String {
    match seconds {
        None => String::new(),
        Some(seconds) if seconds < 120.0 => format!("{seconds:.0}s"),
        Some(seconds) if seconds < 7_200.0 => format!("{:.0}m", seconds / 60.0),
        Some(seconds) if seconds < 172_800.0 => format!("{:.0}h", seconds / 3_600.0),
        Some(seconds) => format!("{:.0}d", seconds / 86_400.0),
    }
}
