//! What was found and done, as both doors show it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::aws::{Rule, Wanted};
use crate::config::{PublicAddress, SecurityGroupConfig};
use crate::db::connectivity::Connectivity;
use crate::error::{Result, chain};

/// The rule, the address, and whether they agree.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SecurityGroupStatus)]
pub struct Status {
    pub group: String,
    pub rule_id: String,
    /// The rule as AWS shows it.
    #[schema(required)]
    pub rule: Option<Rule>,
    /// This machine's public address.
    #[schema(value_type = Option<String>, required)]
    pub address: Option<PublicAddress>,
    /// The port of the database.
    pub port: u16,
    pub in_step: bool,
    /// What could not be found out, and why.
    pub problems: Vec<String>,
    /// What the last attempt of this process to bring it in step did.
    #[schema(required)]
    pub last_change: Option<Change>,
    /// Why that attempt failed.
    #[schema(required)]
    pub last_failure: Option<String>,
}

/// What bringing the rule in step did.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SecurityGroupChange)]
pub struct Change {
    #[serde(flatten)]
    pub outcome: Outcome,
    pub group: String,
    pub rule_id: String,
    pub port: u16,
    #[schema(value_type = Option<String>, required)]
    pub address: Option<PublicAddress>,
    /// Who was let in before.
    #[schema(required)]
    pub before: Option<String>,
    /// Who is let in, or would be.
    #[schema(required)]
    pub after: Option<String>,
    /// Whether the database can be reached. Null where nothing was changed.
    #[schema(required)]
    pub proof: Option<Connectivity>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[schema(as = SecurityGroupOutcome)]
pub enum Outcome {
    /// It was right already.
    InStep,
    /// Another rule of the group lets this machine in already.
    AdmittedByOther {
        rule: String,
    },
    /// A rehearsal: it would be changed.
    WouldChange,
    Changed,
    /// The database's name resolves to private addresses: the rule has no say.
    NotNeeded,
}

impl Outcome {
    /// As a metric's label and in a log line.
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

impl Status {
    pub(super) fn new(
        config: &SecurityGroupConfig,
        address: Result<PublicAddress>,
        rule: Result<Rule>,
        last: Option<Result<Change, String>>,
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

impl Change {
    pub(super) fn new(
        config: &SecurityGroupConfig,
        outcome: Outcome,
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
            outcome: Outcome::NotNeeded,
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

/// A rule in a few words, for messages.
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
