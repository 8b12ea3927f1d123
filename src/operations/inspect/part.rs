//! Reads one part of the report: a statement with a limit of its own, whose rows arrive as one JSON array.

use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::report::Section;
use crate::error::{Error, Result};
use crate::operations::verdict::Verdict;

/// How long one part may take.
const PART_LIMIT: Duration = Duration::from_millis(400);
/// With less time left, a part is not read at all.
const SHORTEST: Duration = Duration::from_millis(20);
/// How long a part waits for a lock on a catalogue or a table, which only a change of its definition holds.
const LOCK_LIMIT: &str = "100ms";

/// Reads parts until a deadline.
pub(super) struct Reader<'a> {
    client: &'a Client,
    deadline: Instant,
}

/// The outcome of reading a part.
pub(super) enum Part {
    /// The rows, as a JSON array.
    Rows(String),
    /// Why there are none.
    Unread(Reason),
}

/// Why a part could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// It took too long, or waited too long for a lock.
    TimedOut,
    /// The account may not read it.
    NotPermitted,
    /// The server does not have it.
    NotThere,
}

impl<'a> Reader<'a> {
    pub(super) fn new(client: &'a Client, deadline: Instant) -> Self {
        Self { client, deadline }
    }

    /// Runs a statement without parameters.
    ///
    /// # Errors
    /// An error that is no [`Reason`].
    pub(super) async fn read(&self, statement: &str) -> Result<Part> {
        self.read_in(None, statement).await
    }

    /// Runs a statement whose tables are in a schema, whose name is quoted where it must be.
    ///
    /// # Errors
    /// An error that is no [`Reason`].
    pub(super) async fn read_in(&self, schema: Option<&str>, statement: &str) -> Result<Part> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left < SHORTEST {
            return Ok(Part::Unread(Reason::TimedOut));
        }
        let limit = left.min(PART_LIMIT).as_millis();
        let search_path = schema.map_or_else(String::new, |schema| {
            let schema = schema.replace('\'', "''");
            format!(", set_config('search_path', '{schema}', true)")
        });
        // One message is one transaction, to whose end the settings are limited, so that other requests can use the
        // same connection, and a pooler in transaction mode cannot separate them from the statement.
        let message = format!(
            "select set_config('statement_timeout', '{limit}ms', true),
                set_config('lock_timeout', '{LOCK_LIMIT}', true){search_path};
             select coalesce(json_agg(part), '[]') as rows from (\n{statement}\n) as part"
        );
        match self.client.simple_query(&message).await {
            Ok(messages) => Ok(Part::Rows(rows(&messages))),
            Err(error) => match error.code().and_then(reason) {
                Some(reason) => Ok(Part::Unread(reason)),
                None => Err(error.into()),
            },
        }
    }
}

fn rows(messages: &[SimpleQueryMessage]) -> String {
    let rows = messages.iter().rev().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get("rows"),
        _ => None,
    });
    rows.unwrap_or("[]").to_owned()
}

fn reason(state: &SqlState) -> Option<Reason> {
    if [SqlState::QUERY_CANCELED, SqlState::LOCK_NOT_AVAILABLE].contains(state) {
        Some(Reason::TimedOut)
    } else if *state == SqlState::INSUFFICIENT_PRIVILEGE {
        Some(Reason::NotPermitted)
    } else if [
        SqlState::UNDEFINED_TABLE,
        SqlState::UNDEFINED_COLUMN,
        SqlState::UNDEFINED_FUNCTION,
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        SqlState::FEATURE_NOT_SUPPORTED,
    ]
    .contains(state)
    {
        Some(Reason::NotThere)
    } else {
        None
    }
}

impl Part {
    /// The rows; none of a part that could not be read.
    ///
    /// # Errors
    /// Rows that are not of that type.
    pub(super) fn into_rows<T: DeserializeOwned>(self) -> Result<Vec<T>> {
        match self {
            Self::Rows(text) => serde_json::from_str(&text)
                .map_err(|error| Error::internal("a part of the report cannot be read", error)),
            Self::Unread(_) => Ok(Vec::new()),
        }
    }

    /// The section that `judge` makes of the rows, or one that says why there are none.
    ///
    /// # Errors
    /// Rows that are not of that type.
    pub(super) fn judge<T: DeserializeOwned>(
        self,
        name: &'static str,
        judge: impl FnOnce(Vec<T>) -> Section,
    ) -> Result<Section> {
        match self {
            Self::Unread(reason) => Ok(reason.section(name)),
            rows @ Self::Rows(_) => Ok(judge(rows.into_rows()?)),
        }
    }
}

impl Reason {
    pub(super) fn section(self, name: &'static str) -> Section {
        match self {
            Self::TimedOut => Section::unread(
                name,
                Verdict::Look,
                "timed out: the server is busy, or a change of a table's definition holds a lock",
            ),
            Self::NotPermitted => Section::unread(
                name,
                Verdict::Look,
                "the account may not read this; grant it pg_monitor",
            ),
            Self::NotThere => Section::unread(name, Verdict::Fine, "this server does not have it"),
        }
    }
}
