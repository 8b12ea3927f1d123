//! Keeps the security-group rule in sync with the public address while the server runs. It does not wait for the
//! database, which may be unreachable until the rule admits this machine. `operations::security_group` makes the
//! change.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::config::SecurityGroupConfig;
use crate::db::Health;
use crate::db::connectivity::Connectivity;
use crate::error::{Error, Result, chain};
use crate::operations::security_group::{SecurityGroup, SecurityGroupChange, SyncOutcome};

/// The time between two checks of the public address.
const INTERVAL: Duration = Duration::from_secs(5 * 60);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

/// The number of attempts by outcome, and whether the last one succeeded.
#[derive(Clone, Default)]
pub struct SecurityGroupMetrics {
    attempts: Family<OutcomeLabels, Counter>,
    in_step: Gauge,
}

impl SecurityGroupMetrics {
    /// Registers both metrics.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register(
            "security_group_attempts",
            "Attempts to synchronise the security-group rule",
            metrics.attempts.clone(),
        );
        registry.register(
            "security_group_in_step",
            "1 when the last attempt left the security-group rule in sync",
            metrics.in_step.clone(),
        );
        metrics
    }

    fn count(&self, outcome: &Result<SecurityGroupChange>) {
        let label = outcome
            .as_ref()
            .map_or("failed", |change| change.outcome.as_str());
        self.attempts
            .get_or_create(&OutcomeLabels { outcome: label })
            .inc();
        self.in_step.set(i64::from(outcome.is_ok()));
    }
}

/// Makes the security group of the configuration. It logs and counts each attempt to synchronise the rule; after a
/// change the server tries to connect to the database at once.
pub fn observed(
    config: SecurityGroupConfig,
    health: Arc<Health>,
    metrics: SecurityGroupMetrics,
) -> SecurityGroup {
    SecurityGroup::new(config, move |outcome| {
        metrics.count(outcome);
        match outcome {
            Ok(change) => {
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
                if change.outcome == SyncOutcome::Changed {
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

/// Synchronises the rule, and again whenever the public address changes. Returns when the address cannot change.
///
/// # Errors
/// The first attempt failed, and `SG_REQUIRED` is true.
pub async fn keep_in_step(group: Arc<SecurityGroup>) -> Result<()> {
    if let Err(error) = group.sync().await
        && group.is_required()
    {
        return Err(Error::Operator(
            "the security-group rule could not be synchronised, and SG_REQUIRED is true".to_owned(),
            Some(error.into()),
        ));
    }
    group.watch(INTERVAL).await;
    Ok(())
}
