//! The security-group step of coming up, beside the database's: an outside database may be out of
//! reach until the rule is right. What the step does is `ops::security_group`'s.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::config::SecurityGroupConfig;
use crate::db::Health;
use crate::error::{Error, Result, chain};
use crate::ops::security_group::{Change, Outcome, SecurityGroup};

/// Between two looks at an address that may change.
const INTERVAL: Duration = Duration::from_secs(5 * 60);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

/// Attempts by outcome, and how the last one ended.
#[derive(Clone, Default)]
pub struct SecurityGroupMetrics {
    attempts: Family<OutcomeLabels, Counter>,
    in_step: Gauge,
}

impl SecurityGroupMetrics {
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register(
            "security_group_attempts",
            "Attempts to bring the security-group rule in step",
            metrics.attempts.clone(),
        );
        registry.register(
            "security_group_in_step",
            "1 when the last attempt left the security-group rule in step",
            metrics.in_step.clone(),
        );
        metrics
    }

    fn count(&self, outcome: &Result<Change>) {
        let label = outcome
            .as_ref()
            .map_or("failed", |change| change.outcome.as_str());
        self.attempts
            .get_or_create(&OutcomeLabels { outcome: label })
            .inc();
        self.in_step.set(i64::from(outcome.is_ok()));
    }
}

/// The configured rule; each attempt is logged and counted, and after a change the database is
/// tried again at once.
pub fn told(
    config: SecurityGroupConfig,
    health: Arc<Health>,
    metrics: SecurityGroupMetrics,
) -> SecurityGroup {
    SecurityGroup::new(config, move |outcome| {
        metrics.count(outcome);
        match outcome {
            Ok(change) => {
                tracing::info!(
                    outcome = change.outcome.as_str(),
                    rule = change.rule_id,
                    before = change.before,
                    after = change.after,
                    proof = ?change.proof,
                    "the security-group rule"
                );
                if change.outcome == Outcome::Changed {
                    health.reconnect();
                }
            }
            Err(error) => tracing::error!(
                error = chain(error),
                "the security-group rule could not be brought in step"
            ),
        }
    })
}

/// Brings the rule in step, and keeps it so for as long as the address may change.
///
/// # Errors
/// The first attempt failed, and `SG_REQUIRED` says that this is the end.
pub async fn keep_in_step(group: Arc<SecurityGroup>) -> Result<()> {
    if let Err(error) = group.sync().await
        && group.is_required()
    {
        return Err(Error::Operator(
            "the security-group rule could not be brought in step, and SG_REQUIRED is true"
                .to_owned(),
            Some(error.into()),
        ));
    }
    group.watch(INTERVAL).await;
    Ok(())
}
