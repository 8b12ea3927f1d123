//! What the server does in the background, and what became of the latest runs.

pub mod http;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::Jobs;
use crate::db::jobs::{JobState, Run};

/// A job of this server.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobReport {
    /// The job's name.
    pub name: &'static str,
    /// What it does.
    pub purpose: &'static str,
    /// The shortest pause between two runs, in seconds.
    pub interval_seconds: f64,
    /// The number of runs that have ended since the server started.
    pub runs: u64,
    /// The number of those that failed.
    pub failures: u64,
    /// The latest run; null before the first one has ended.
    #[schema(required)]
    pub last_run: Option<JobRun>,
}

/// A run that has ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobRun {
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// How long it took; null where that is not known.
    #[schema(required)]
    pub seconds: Option<f64>,
    /// Why it failed; null where it did not.
    #[schema(required)]
    pub failure: Option<String>,
}

/// The jobs of this server.
pub fn list(jobs: &Jobs) -> Vec<JobReport> {
    jobs.list().into_iter().map(report).collect()
}

fn report(job: JobState) -> JobReport {
    JobReport {
        name: job.name,
        purpose: job.purpose,
        interval_seconds: job.interval.as_secs_f64(),
        runs: job.runs,
        failures: job.failures,
        last_run: job.last.map(run),
    }
}

fn run(run: Run) -> JobRun {
    JobRun {
        ended_at: run.ended_at,
        seconds: run.took.map(|took| took.as_secs_f64()),
        failure: run.failure,
    }
}
