//! Keeps the security-group rule in sync with the public address while the server runs. It does not wait for the
//! database, which may be unreachable until the rule admits this machine. `operations::security_group` makes the
//! change.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::config::SecurityGroupConfig;
use crate::db::connectivity::Connectivity;
use crate::db::{Health, Job, Jobs};
use crate::error::{Error, Result, chain};
use crate::metrics::Catalogue;
use crate::operations::security_group::{SecurityGroup, SecurityGroupChange, SyncOutcome};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

/// The attempts to bring the rule in step, and the time that it may have been out of step.
#[derive(Clone, Default)]
pub struct SecurityGroupMetrics {
    attempts: Family<OutcomeLabels, Counter>,
    in_step: Gauge,
    overwritten: Counter,
    out_of_step: Counter<f64, AtomicU64>,
    /// The end of the last attempt.
    last: Arc<Mutex<Option<Instant>>>,
}

impl SecurityGroupMetrics {
    /// Adds every metric to the catalogue.
    pub fn register(&self, catalogue: &mut Catalogue) {
        catalogue.begin_section("Security group");
        catalogue.add(
            "security_group_attempts",
            &["outcome"],
            "Attempts to bring the security-group rule in step",
            self.attempts.clone(),
        );
        catalogue.add(
            "security_group_in_step",
            &[],
            "1 when the last attempt left the security-group rule in step",
            self.in_step.clone(),
        );
        catalogue.add(
            "security_group_overwritten",
            &[],
            "Attempts that found the security-group rule changed by another program",
            self.overwritten.clone(),
        );
        catalogue.add_seconds(
            "security_group_out_of_step",
            &[],
            "Time between an attempt that found the security-group rule out of step and the one before it",
            self.out_of_step.clone(),
        );
    }

    fn count(&self, outcome: &Result<SecurityGroupChange>) {
        let label = outcome
            .as_ref()
            .map_or("failed", |change| change.outcome.as_str());
        self.attempts
            .get_or_create(&OutcomeLabels { outcome: label })
            .inc();
        let (succeeded, overwritten) = match outcome {
            Ok(change) => (change.has_succeeded(), change.overwritten),
            Err(_) => (false, false),
        };
        self.in_step.set(i64::from(succeeded));
        if overwritten {
            self.overwritten.inc();
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let since = last.replace(Instant::now());
        if let Some(since) = since
            && (overwritten || !succeeded)
        {
            self.out_of_step.inc_by(since.elapsed().as_secs_f64());
        }
    }
}

/// Makes the security group of the configuration. It logs and counts each attempt to bring the rule in step; after a
/// change the server tries to connect to the database at once.
pub fn observed(
    config: SecurityGroupConfig,
    health: Arc<Health>,
    metrics: SecurityGroupMetrics,
    jobs: &Jobs,
) -> SecurityGroup {
    let job = jobs.add(
        "security group",
        config.interval,
        "keeps the rule in step, and deletes rules whose lease has ended",
    );
    let was_in_step = AtomicBool::new(false);
    SecurityGroup::new(config, move |outcome| {
        metrics.count(outcome);
        note(&job, outcome);
        let in_step = matches!(outcome, Ok(change) if change.outcome == SyncOutcome::InStep);
        let is_repeated = was_in_step.swap(in_step, Ordering::Relaxed) && in_step;
        match outcome {
            Ok(change) => {
                log(change, is_repeated);
                if matches!(change.outcome, SyncOutcome::Changed | SyncOutcome::Granted) {
                    health.request_reconnect();
                }
            }
            Err(error) => tracing::error!(
                error = chain(error),
                "the security-group rule could not be synchronised"
            ),
        }
    })
}

/// Notes an attempt as a run of its job; how long it took is not known.
fn note(job: &Job, outcome: &Result<SecurityGroupChange>) {
    match outcome {
        Ok(change) => {
            let failure = change.failure().map(Error::operator);
            job.note(None, failure.as_ref());
        }
        Err(error) => job.note(None, Some(error)),
    }
}

/// Logs what the attempt did; every five minutes that the rule is still in step would be too much.
fn log(change: &SecurityGroupChange, is_repeated: bool) {
    if change.overwritten {
        tracing::warn!(
            rule = change.rule_id,
            admitted = change.before,
            "another program has changed the security-group rule: do two machines have one DB_SG_RULE_ID? Without \
             it, each makes a rule of its own"
        );
    }
    for problem in &change.problems {
        tracing::warn!(
            problem,
            "the rules of the security group are not as they should be"
        );
    }
    if !change.swept.is_empty() {
        tracing::info!(
            rules = change.swept.join(" "),
            "deleted expired security-group rules"
        );
    }
    if let Some(failure) = change.failure() {
        tracing::error!(
            error = failure,
            "the security-group rule could not be synchronised"
        );
        return;
    }
    if is_repeated {
        return;
    }
    let (database, failed_step, reason) = describe(change.proof.as_ref());
    tracing::info!(
        outcome = change.outcome.as_str(),
        rule = change.rule_id,
        before = change.before,
        after = change.after,
        database,
        failed_step,
        reason,
        "the security-group rule is in sync"
    );
}

/// The log fields `database`, `failed_step` and `reason`: whether the database was reachable after a change and, if
/// not, which step of the connection failed and why.
fn describe(
    connectivity: Option<&Connectivity>,
) -> (Option<&'static str>, Option<&'static str>, Option<&str>) {
    match connectivity {
        None => (None, None, None),
        Some(Connectivity::NotApplicable) => (Some("not checked"), None, None),
        Some(Connectivity::Reached { .. }) => (Some("reachable"), None, None),
        Some(Connectivity::Failed { step, reason }) => {
            (Some("unreachable"), Some(step), Some(reason))
        }
    }
}

/// Brings the rule in step, and again after each interval.
///
/// # Errors
/// The first attempt failed, and `SG_REQUIRED` is true.
pub async fn keep_in_step(group: Arc<SecurityGroup>) -> Result<()> {
    let failure = match group.admit().await {
        Ok(change) => change.failure().map(Error::operator),
        Err(error) => Some(error),
    };
    if let Some(failure) = failure
        && group.is_required()
    {
        return Err(Error::Operator(
            "the security-group rule could not be synchronised, and SG_REQUIRED is true".to_owned(),
            Some(failure.into()),
        ));
    }
    group.watch().await;
    Ok(())
}
