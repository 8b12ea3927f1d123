//! Work in the background that every server repeats, and what became of its latest runs: for the metrics, and for operators.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::error::{Error, Result, chain};
use crate::metrics::{Catalogue, Counters, Label, create_series};

type Seconds = Family<Label, Gauge<f64, AtomicU64>>;

/// The jobs of a server; clones share them.
#[derive(Clone, Default)]
pub struct Jobs {
    states: Arc<Mutex<Vec<JobState>>>,
    runs: Counters,
    failures: Counters,
    last_success: Seconds,
    duration: Seconds,
}

/// A job and its latest run.
#[derive(Debug, Clone)]
pub struct JobState {
    /// The job's name.
    pub name: &'static str,
    /// What it does.
    pub purpose: &'static str,
    /// The shortest pause between two runs.
    pub interval: Duration,
    /// The number of runs that have ended.
    pub runs: u64,
    /// The number of those that failed.
    pub failures: u64,
    /// The latest run that has ended.
    pub last: Option<Run>,
}

/// A run that has ended.
#[derive(Debug, Clone)]
pub struct Run {
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// How long it took; `None` where that is not known.
    pub took: Option<Duration>,
    /// Why it failed.
    pub failure: Option<String>,
}

impl Jobs {
    /// Adds the metrics to the catalogue.
    pub fn register(&self, catalogue: &mut Catalogue) {
        catalogue.begin_section("Jobs");
        catalogue.add(
            "job_runs",
            &["job_name"],
            "Runs of the work in the background that have ended",
            self.runs.clone(),
        );
        catalogue.add(
            "job_failures",
            &["job_name"],
            "Runs that failed",
            self.failures.clone(),
        );
        catalogue.add_seconds(
            "job_last_success_timestamp",
            &["job_name"],
            "When the latest run without a failure ended, since 1970",
            self.last_success.clone(),
        );
        catalogue.add_seconds(
            "job_last_duration",
            &["job_name"],
            "How long the latest run took",
            self.duration.clone(),
        );
    }

    /// Adds a job that has not run yet.
    pub fn add(&self, name: &'static str, interval: Duration, purpose: &'static str) -> Job {
        let mut states = self.lock();
        states.push(JobState {
            name,
            purpose,
            interval,
            runs: 0,
            failures: 0,
            last: None,
        });
        let label = [("job_name", name)];
        create_series(&self.runs, &label);
        create_series(&self.failures, &label);
        Job {
            index: states.len() - 1,
            name,
            interval,
            jobs: self.clone(),
        }
    }

    /// The jobs in the order in which they were added.
    pub fn list(&self) -> Vec<JobState> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<JobState>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One job.
#[derive(Clone)]
pub struct Job {
    index: usize,
    name: &'static str,
    interval: Duration,
    jobs: Jobs,
}

impl Job {
    /// Repeats `work` until the task is aborted. Before each time it pauses for the job's interval and up to half as much at
    /// random, so that servers work at different times. A failure is logged at debug level only, since `health` reports
    /// outages.
    pub async fn repeat_forever<F>(&self, work: impl Fn() -> F)
    where
        F: Future<Output = Result<()>>,
    {
        loop {
            tokio::time::sleep(self.interval.mul_f64(rand::random_range(1.0..1.5))).await;
            self.run(work()).await;
        }
    }

    /// Runs `work` once, and notes and logs a failure.
    pub async fn run(&self, work: impl Future<Output = Result<()>>) {
        let started = Instant::now();
        let outcome = work.await;
        if let Err(error) = &outcome {
            tracing::debug!(
                job = self.name,
                error = chain(error),
                "a job failed; trying again"
            );
        }
        self.note(Some(started.elapsed()), outcome.as_ref().err());
    }

    /// Notes a run that has ended; `took` is `None` where that is not known.
    pub fn note(&self, took: Option<Duration>, failure: Option<&Error>) {
        let label = [("job_name", self.name)];
        let ended_at = Utc::now();
        let jobs = &self.jobs;
        jobs.runs.get_or_create(&label).inc();
        if let Some(took) = took {
            jobs.duration.get_or_create(&label).set(took.as_secs_f64());
        }
        if failure.is_some() {
            jobs.failures.get_or_create(&label).inc();
        } else {
            let seconds = ended_at.signed_duration_since(DateTime::UNIX_EPOCH);
            jobs.last_success
                .get_or_create(&label)
                .set(seconds.as_seconds_f64());
        }
        if let Some(state) = jobs.lock().get_mut(self.index) {
            state.runs += 1;
            state.failures += u64::from(failure.is_some());
            state.last = Some(Run {
                ended_at,
                took,
                failure: failure.map(|error| chain(error)),
            });
        }
    }
}
