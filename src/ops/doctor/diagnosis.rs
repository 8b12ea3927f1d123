//! What a check found, how bad that is, and what to do. Checking is left to the doctor.

use serde::Serialize;
use utoipa::ToSchema;

/// Every check, in the order in which one would look.
#[derive(Debug, Serialize, ToSchema)]
pub struct Diagnosis {
    /// The worst of all.
    pub verdict: Verdict,
    pub checks: Vec<Check>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Green,
    /// It works, and somebody should look at it.
    Yellow,
    Red,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Check {
    pub name: &'static str,
    pub verdict: Verdict,
    /// What was found.
    pub finding: String,
    /// What to do; null where all is well.
    #[schema(required)]
    pub advice: Option<String>,
}

impl Check {
    pub(super) fn green(name: &'static str, finding: impl Into<String>) -> Self {
        Self {
            name,
            verdict: Verdict::Green,
            finding: finding.into(),
            advice: None,
        }
    }

    fn of(
        verdict: Verdict,
        name: &'static str,
        finding: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            name,
            verdict,
            finding: finding.into(),
            advice: Some(advice.into()),
        }
    }

    pub(super) fn yellow(
        name: &'static str,
        finding: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self::of(Verdict::Yellow, name, finding, advice)
    }

    pub(super) fn red(
        name: &'static str,
        finding: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self::of(Verdict::Red, name, finding, advice)
    }
}
