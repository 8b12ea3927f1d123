//! The report of `db inspect`: sections of lines, each with a verdict. `parts` judges.

use serde::Serialize;
use utoipa::ToSchema;

use crate::operations::verdict::Verdict;

/// The state of the database server, part by part.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct InspectReport {
    /// The worst verdict of the sections.
    pub verdict: Verdict,
    /// The database that the connection is to; tables, indexes and statements are those of it.
    pub database: String,
    /// The version of PostgreSQL.
    pub postgresql: String,
    /// Whether the server is a standby, which replays the changes of another one.
    pub is_standby: bool,
    /// How long reading took.
    pub milliseconds: u64,
    /// The parts of the report.
    pub sections: Vec<Section>,
}

/// One part of the report.
#[derive(Debug, Serialize, ToSchema)]
pub struct Section {
    /// The name of the part: `connections`, `blocking`, …
    pub name: &'static str,
    /// The worst verdict of the lines.
    pub verdict: Verdict,
    /// Why the part is missing or incomplete, or what its lines mean; null if they speak for themselves.
    #[schema(required)]
    pub note: Option<String>,
    /// The findings, the most important one first.
    pub lines: Vec<Line>,
}

/// One finding.
#[derive(Debug, Serialize, ToSchema)]
pub struct Line {
    /// What was judged: a table, an index, a session, a setting, …
    pub subject: String,
    /// The finding in one phrase, without any literal of a statement.
    pub finding: String,
    /// What to do about it.
    pub verdict: Verdict,
    /// A command that helps; null where nothing is to be done.
    #[schema(required)]
    pub remedy: Option<String>,
    /// How many sessions block the subject one behind the other, in the section `blocking`; else 0.
    pub depth: usize,
}

impl Section {
    /// A section whose verdict is the worst of its lines.
    pub(super) fn of(name: &'static str, lines: Vec<Line>) -> Self {
        Self {
            name,
            verdict: lines
                .iter()
                .map(|line| line.verdict)
                .max()
                .unwrap_or_default(),
            note: None,
            lines,
        }
    }

    /// A section that could not be read.
    pub(super) fn unread(name: &'static str, verdict: Verdict, note: impl Into<String>) -> Self {
        Self {
            name,
            verdict,
            note: Some(note.into()),
            lines: Vec::new(),
        }
    }

    /// This section with a note, unless it has one.
    pub(super) fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note.get_or_insert(note.into());
        self
    }
}

impl Line {
    /// A finding that needs nothing.
    pub(super) fn fine(subject: impl Into<String>, finding: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            finding: finding.into(),
            verdict: Verdict::Fine,
            remedy: None,
            depth: 0,
        }
    }

    /// A finding with a verdict; the remedy is left out of a fine one.
    pub(super) fn judged(
        subject: impl Into<String>,
        finding: impl Into<String>,
        verdict: Verdict,
        remedy: impl Into<Option<String>>,
    ) -> Self {
        Self {
            verdict,
            remedy: match verdict {
                Verdict::Fine => None,
                _ => remedy.into(),
            },
            ..Self::fine(subject, finding)
        }
    }
}
