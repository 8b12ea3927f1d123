//! The result of a check: finding, verdict and advice. Making the checks is left to [`super`].

use serde::Serialize;
use utoipa::ToSchema;

/// Every check, in the order in which they depend on each other.
#[derive(Debug, Serialize, ToSchema)]
pub struct Diagnosis {
    /// The worst verdict of the checks.
    pub verdict: Verdict,
    /// At least one.
    pub checks: Vec<Check>,
}

/// How severe a finding is; ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It works.
    Green,
    /// It works, but needs an operator's attention.
    Yellow,
    /// It does not work.
    Red,
}

/// One check.
#[derive(Debug, Serialize, ToSchema)]
pub struct Check {
    /// `postgresql`, `tls`, `version`, …
    pub name: &'static str,
    /// How severe the finding is.
    pub verdict: Verdict,
    /// What was found.
    pub finding: String,
    /// What to do; null for a green check.
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
