//! The result of the checks: finding, verdict and advice of each. [`super`] runs the checks.

use serde::Serialize;
use utoipa::ToSchema;

/// Every check, in the order in which they depend on each other.
#[derive(Debug, Serialize, ToSchema)]
pub struct Diagnosis {
    /// The worst verdict of the checks.
    pub verdict: Verdict,
    /// The checks, at least one.
    pub checks: Vec<Check>,
}

/// How severe a finding is; ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// No problem was found.
    Green,
    /// The program works, but an operator should act on the finding.
    Yellow,
    /// The checked part does not work.
    Red,
}

/// One check.
#[derive(Debug, Serialize, ToSchema)]
pub struct Check {
    /// The name of the check: `postgresql`, `tls`, `version`, …
    pub name: &'static str,
    /// How severe the finding is.
    pub verdict: Verdict,
    /// The finding in one phrase.
    pub finding: String,
    /// What the operator should do; null for a green check.
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
