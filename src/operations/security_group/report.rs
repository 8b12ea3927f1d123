//! The reports on the rule, for HTTP and for the command line.

use serde::Serialize;
use utoipa::ToSchema;

use crate::aws::{Rule, Wanted};
use crate::config::{PublicAddress, SecurityGroupConfig};
use crate::db::connectivity::Connectivity;
use crate::error::{Result, chain};

/// The rule, the address, and whether they agree.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecurityGroupStatus {
    /// `DB_SG_ID`.
    pub group: String,
    /// `DB_SG_RULE_ID`.
    pub rule_id: String,
    /// The rule as AWS shows it.
    #[schema(required)]
    pub rule: Option<Rule>,
    /// This machine's public address.
    #[schema(value_type = Option<String>, required)]
    pub address: Option<PublicAddress>,
    /// The port of the database.
    pub port: u16,
    /// Whether the rule admits the address to the port.
    pub in_step: bool,
    /// Why the rule or the address could not be determined.
    pub problems: Vec<String>,
    /// The result of the last synchronisation by this process, if it succeeded.
    #[schema(required)]
    pub last_change: Option<SecurityGroupChange>,
    /// Why the last synchronisation by this process failed, if it did.
    #[schema(required)]
    pub last_failure: Option<String>,
}

/// The result of a synchronisation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SecurityGroupChange {
    /// What the synchronisation did.
    #[serde(flatten)]
    pub outcome: SyncOutcome,
    /// `DB_SG_ID`.
    pub group: String,
    /// `DB_SG_RULE_ID`.
    pub rule_id: String,
    /// The port of the database.
    pub port: u16,
    /// This machine's public address.
    #[schema(value_type = Option<String>, required)]
    pub address: Option<PublicAddress>,
    /// The range that the rule admitted before.
    #[schema(required)]
    pub before: Option<String>,
    /// The range that the rule admits now, or would admit.
    #[schema(required)]
    pub after: Option<String>,
    /// Whether the database can be reached after the change; null if nothing was changed.
    #[schema(required)]
    pub proof: Option<Connectivity>,
}

/// What a synchronisation did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum SyncOutcome {
    /// The rule was in sync already.
    InStep,
    /// Another rule of the group already admits this machine.
    AdmittedByOther {
        /// The id of that rule.
        rule: String,
    },
    /// A dry run: the rule would be changed.
    WouldChange,
    /// The rule was changed.
    Changed,
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
            Self::NotNeeded => "not_needed",
        }
    }
}

impl SecurityGroupStatus {
    pub(super) fn new(
        config: &SecurityGroupConfig,
        address: Result<PublicAddress>,
        rule: Result<Rule>,
        last: Option<Result<SecurityGroupChange, String>>,
    ) -> Self {
        let mut problems = Vec::new();
        let mut known = |error| problems.push(chain(&error));
        let address = address.map_err(&mut known).ok();
        let rule = rule.map_err(&mut known).ok();
        let in_step = match (&rule, address) {
            (Some(rule), Some(address)) => rule.opens(config.port()) && rule.admits(address),
            _ => false,
        };
        let (last_change, last_failure) = match last {
            Some(Ok(change)) => (Some(change), None),
            Some(Err(failure)) => (None, Some(failure)),
            None => (None, None),
        };
        Self {
            group: config.group.clone(),
            rule_id: config.rule.clone(),
            rule,
            address,
            port: config.port(),
            in_step,
            problems,
            last_change,
            last_failure,
        }
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

    pub(super) fn new(
        config: &SecurityGroupConfig,
        outcome: SyncOutcome,
        rule: &Rule,
        wanted: &Wanted,
    ) -> Self {
        Self {
            address: Some(wanted.address),
            before: rule.cidr.clone(),
            after: Some(wanted.address.cidr()),
            outcome,
            ..Self::unneeded(config)
        }
    }

    pub(super) fn unneeded(config: &SecurityGroupConfig) -> Self {
        Self {
            outcome: SyncOutcome::NotNeeded,
            group: config.group.clone(),
            rule_id: config.rule.clone(),
            port: config.port(),
            address: None,
            before: None,
            after: None,
            proof: None,
        }
    }
}

/// The rule as text, for messages.
pub fn describe(rule: &Rule) -> String {
    let direction = if rule.outbound {
        "an outbound"
    } else {
        "an inbound"
    };
    let protocol = match rule.protocol.as_str() {
        "-1" => "every protocol",
        protocol => protocol,
    };
    let ports = match (rule.from_port, rule.to_port) {
        (Some(from), Some(to)) if from == to => format!("port {from}"),
        (Some(from), Some(to)) => format!("ports {from} to {to}"),
        _ => "every port".to_owned(),
    };
    let range = rule.cidr.as_deref().unwrap_or("no IPv4 range");
    format!("{direction} rule for {protocol} {ports} and {range}")
}
