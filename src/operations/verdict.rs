//! What a finding about a database asks for. `inspect` judges the server's state with it, `rds` an instance's properties.

use serde::Serialize;
use utoipa::ToSchema;

/// What to do about a finding; ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing.
    #[default]
    Fine,
    /// An operator should look whether it is meant.
    Look,
    /// An operator should apply the remedy.
    Act,
}

impl Verdict {
    /// `Act` from the second limit on, `Look` from the first one on.
    pub(super) fn of(value: f64, look: f64, act: f64) -> Self {
        if value >= act {
            Self::Act
        } else if value >= look {
            Self::Look
        } else {
            Self::Fine
        }
    }

    /// The word for a column of verdicts, all of one width, and its colour on a terminal.
    pub(super) fn word(self) -> (&'static str, u8) {
        match self {
            Self::Fine => ("fine", 32),
            Self::Look => ("look", 33),
            Self::Act => ("act ", 31),
        }
    }
}
