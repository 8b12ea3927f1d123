//! A session that blocks others, waits, or has an open transaction.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::super::commands::Commands;
use super::super::text::duration;
use crate::operations::sessions::{protection, without_literals};

/// The report cuts a statement after this number of characters; `db sessions --json` has all of it.
const MAX_STATEMENT_CHARS: usize = 160;

#[derive(Deserialize)]
pub(super) struct SessionRow {
    pub(super) pid: i32,
    app: String,
    account: Option<String>,
    backend_type: String,
    backend_start: Option<DateTime<Utc>>,
    state: String,
    statement: String,
    pub(super) transaction_seconds: Option<f64>,
    pub(super) waiting_seconds: Option<f64>,
    pub(super) blocked_by: Vec<i32>,
    is_server: bool,
}

impl SessionRow {
    /// `process 4242 (psql)`.
    pub(super) fn name(&self) -> String {
        format!("process {} ({})", self.pid, self.app)
    }

    /// The state, the age of the transaction and the statement without literals.
    pub(super) fn activity(&self) -> String {
        let age = self
            .transaction_seconds
            .map_or_else(String::new, |seconds| {
                format!(", in a transaction for {}", duration(seconds))
            });
        let state = match self.state.as_str() {
            "" => &self.backend_type,
            state => state,
        };
        match shorten(&self.statement) {
            statement if statement.is_empty() => format!("{state}{age}"),
            statement => format!("{state}{age}: {statement}"),
        }
    }

    /// Ends the session. Those that `db terminate` refuses to end are listed instead.
    pub(super) fn remedy(&self, commands: &Commands) -> String {
        match protection(self.is_server, self.account.as_deref(), &self.backend_type) {
            None => commands.terminate(self.pid, self.backend_start),
            Some(_) => commands.list_sessions("active"),
        }
    }
}

/// The beginning of a statement in one line, with every literal replaced by `?`.
pub(super) fn shorten(statement: &str) -> String {
    let statement = without_literals(statement);
    let mut words = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = words.char_indices().nth(MAX_STATEMENT_CHARS) {
        words.truncate(end);
        words.push('…');
    }
    words
}
