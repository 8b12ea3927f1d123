//! The reports on the rule, for HTTP and for the command line.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::Admission;
use crate::aws::{Rule, Wanted};
use crate::config::{ManagedRule, PublicAddress, SecurityGroupConfig};
use crate::db::connectivity::Connectivity;

/// The rule, the address, whether they agree, and what else reaches the database's port.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecurityGroupStatus {
    /// `DB_SG_ID`.
    pub group: String,
    /// `DB_SG_RULE_ID`, or the id of this workspace's own rule; null if it has none.
    #[schema(required)]
    pub rule_id: Option<String>,
    /// The id of this workspace, if the rule is its own.
    #[schema(required)]
    pub owner: Option<String>,
    /// When the lease of this workspace's own rule ends.
    #[schema(required)]
    pub lease: Option<DateTime<Utc>>,
    /// The rule as AWS shows it.
    #[schema(required)]
    pub rule: Option<Rule>,
    /// This machine's public address.
    #[schema(value_type = Option<String>, required)]
    pub address: Option<PublicAddress>,
    /// The port of the database.
    pub port: u16,
    /// Whether the rule admits the address to the port and nothing else; without a rule of its own, whether the rule of
    /// a workspace with the same address does.
    pub in_step: bool,
    /// Whether everyone can reach the port.
    pub open_to_everyone: bool,
    /// Every rule of the group that reaches the port, those for everyone first.
    pub admissions: Vec<Admission>,
    /// Why the rules or the address could not be determined.
    pub problems: Vec<String>,
    /// The result of the last attempt of this process to bring the rule in step, if it succeeded.
    #[schema(required)]
    pub last_change: Option<SecurityGroupChange>,
    /// Why the last attempt of this process to bring the rule in step failed, if it did.
    #[schema(required)]
    pub last_failure: Option<String>,
}

/// The result of an attempt to bring the rule in step.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SecurityGroupChange {
    /// What the attempt did.
    #[serde(flatten)]
    pub outcome: SyncOutcome,
    /// `DB_SG_ID`.
    pub group: String,
    /// `DB_SG_RULE_ID`, or the id of this workspace's own rule; null if it has none.
    #[schema(required)]
    pub rule_id: Option<String>,
    /// The port of the database.
    pub port: u16,
    /// This machine's public address.
    #[schema(value_type = Option<String>, required)]
    pub address: Option<PublicAddress>,
    /// The range that the rule admitted before; null if there was no rule.
    #[schema(required)]
    pub before: Option<String>,
    /// The range that the rule admits now, or would admit.
    #[schema(required)]
    pub after: Option<String>,
    /// Whether AWS admits this machine now, and the rule admits nothing else.
    pub in_step: bool,
    /// Whether the rule admitted something else than this process had left in it: another program has changed it.
    pub overwritten: bool,
    /// When the lease of this workspace's own rule ends.
    #[schema(required)]
    pub lease: Option<DateTime<Utc>>,
    /// The rules of other workspaces that were deleted, because their lease has ended.
    pub swept: Vec<String>,
    /// Why expired rules of other workspaces could not be deleted.
    pub problems: Vec<String>,
    /// Whether the database can be reached after the change; null if nothing was changed.
    #[schema(required)]
    pub proof: Option<Connectivity>,
}

/// What an attempt to bring the rule in step did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum SyncOutcome {
    /// The rule was in step already; the lease of a workspace's own rule was renewed.
    InStep,
    /// Another rule of the group already admits this machine, so AWS refuses a second one.
    AdmittedByOther {
        /// The id of that rule.
        rule: String,
    },
    /// A dry run: the rule would be made or changed.
    WouldChange,
    /// The rule was changed.
    Changed,
    /// This workspace's own rule was made.
    Granted,
    /// The database's name resolves to private addresses, to which the rule does not apply.
    NotNeeded,
}

impl SyncOutcome {
    /// The value for the label of a metric and a log field.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::InStep => "in_step",
            Self::AdmittedByOther { .. } => "admitted_by_other",
            Self::WouldChange => "would_change",
            Self::Changed => "changed",
            Self::Granted => "granted",
            Self::NotNeeded => "not_needed",
        }
    }
}

impl SecurityGroupStatus {
    /// That the database's port is open to everyone, and by which rules, if it is.
    pub fn warning(&self) -> Option<String> {
        let open = self
            .admissions
            .iter()
            .filter(|admission| admission.everyone);
        let rules: Vec<String> = open
            .map(|admission| format!("{} admits {}", admission.rule, admission.source))
            .collect();
        (!rules.is_empty()).then(|| {
            let rules = rules.join(", ");
            format!(
                "port {} is open to everyone: {rules}; delete what is not needed",
                self.port
            )
        })
    }
}

impl SecurityGroupChange {
    /// `proof` as text, for the log and the command line.
    pub fn connection(&self) -> Option<String> {
        Some(match self.proof.as_ref()? {
            Connectivity::NotApplicable => {
                "not applicable, there is no external database".to_owned()
            }
            Connectivity::Reached { address, tls: true } => format!("reached {address} over TLS"),
            Connectivity::Reached { address, .. } => format!("reached {address}"),
            Connectivity::Failed { step, reason } => format!("failed ({step}): {reason}"),
        })
    }

    /// Whether this attempt changed what the security group admits.
    pub(super) fn has_changed(&self) -> bool {
        matches!(self.outcome, SyncOutcome::Changed | SyncOutcome::Granted)
    }

    /// Whether the rule is as it should be, or needs not be.
    pub fn has_succeeded(&self) -> bool {
        self.in_step
            || matches!(
                self.outcome,
                SyncOutcome::WouldChange | SyncOutcome::NotNeeded
            )
    }

    /// Why the rule is not as it should be, if it is not.
    pub fn failure(&self) -> Option<String> {
        let SyncOutcome::AdmittedByOther { rule } = &self.outcome else {
            return None;
        };
        (!self.in_step).then(|| {
            format!(
                "{} still admits {}: AWS does not change it to this machine's address, which {rule} admits already; \
                 delete one of the two rules",
                self.rule_id.as_deref().unwrap_or_default(),
                self.after.as_deref().unwrap_or_default()
            )
        })
    }

    /// Whether this attempt found another range in the rule than the attempt `before` has left there.
    pub(super) fn shows_other_than(&self, before: &Self) -> bool {
        self.outcome != SyncOutcome::NotNeeded
            && before.in_step
            && before.rule_id.is_some()
            && self.before != before.after
    }

    pub(super) fn new(
        config: &SecurityGroupConfig,
        outcome: SyncOutcome,
        rule: Option<&Rule>,
        wanted: &Wanted,
    ) -> Self {
        let admits = !matches!(outcome, SyncOutcome::WouldChange);
        Self {
            rule_id: rule.map(|rule| rule.id.clone()),
            address: Some(wanted.address),
            before: rule.and_then(Rule::source).map(str::to_owned),
            after: Some(wanted.address.cidr()),
            in_step: admits,
            outcome,
            ..Self::unneeded(config)
        }
    }

    pub(super) fn unneeded(config: &SecurityGroupConfig) -> Self {
        Self {
            outcome: SyncOutcome::NotNeeded,
            group: config.group.clone(),
            rule_id: match &config.rule {
                ManagedRule::Named(rule) => Some(rule.clone()),
                ManagedRule::Own(_) => None,
            },
            port: config.port(),
            address: None,
            before: None,
            after: None,
            in_step: false,
            overwritten: false,
            lease: None,
            swept: Vec::new(),
            problems: Vec::new(),
            proof: None,
        }
    }
}
