//! What a security group lets reach the database's port: each rule with its source, and whether that is everyone.

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use serde::Serialize;
use utoipa::ToSchema;

use crate::aws::Rule;
use crate::config::{ManagedRule, SecurityGroupConfig};

/// A range with fewer bits than this holds so large a part of all addresses that it counts as everyone.
const MIN_IPV4_PREFIX: u8 = 8;
const MIN_IPV6_PREFIX: u8 = 16;

/// A rule that lets its source reach the database's port.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Admission {
    /// The id of the rule.
    pub rule: String,
    /// What the rule admits: a range of addresses, `prefix list pl-…` or `security group sg-…`.
    pub source: String,
    /// Protocol and ports of the rule, such as `tcp port 5432` or `every protocol every port`.
    pub ports: String,
    /// Whether the source is everyone: all addresses, or a large part of them.
    pub everyone: bool,
    /// Whether it is the rule that admits this machine.
    pub own: bool,
    /// The description of the rule.
    #[schema(required)]
    pub description: Option<String>,
    /// The workspace that has made the rule for itself.
    #[schema(required)]
    pub owner: Option<String>,
    /// When the owner's lease ends.
    #[schema(required)]
    pub lease: Option<DateTime<Utc>>,
}

/// The rules of the group that reach the database's port, those for everyone first.
pub fn list(config: &SecurityGroupConfig, rules: &[Rule]) -> Vec<Admission> {
    let port = i32::from(config.port());
    let reaching = rules.iter().filter(|rule| reaches(rule, port));
    let mut admissions: Vec<Admission> = reaching.map(|rule| admission(config, rule)).collect();
    admissions.sort_by_key(|admission| !admission.everyone);
    admissions
}

fn admission(config: &SecurityGroupConfig, rule: &Rule) -> Admission {
    let own = match &config.rule {
        ManagedRule::Named(id) => rule.id == *id,
        ManagedRule::Own(own) => rule.is_of(&own.owner),
    };
    Admission {
        rule: rule.id.clone(),
        source: source(rule),
        ports: ports(rule),
        everyone: admits_everyone(rule),
        own,
        description: rule.description.clone(),
        owner: rule.owner.clone(),
        lease: rule.lease,
    }
}

/// Whether the rule lets TCP reach the port. `-1` stands for all protocols and for all ports.
fn reaches(rule: &Rule, port: i32) -> bool {
    let is_tcp = matches!(rule.protocol.as_str(), "tcp" | "6");
    let includes = match (rule.from_port, rule.to_port) {
        (Some(from), Some(to)) if from >= 0 => (from..=to).contains(&port),
        _ => true,
    };
    !rule.outbound && (rule.protocol == "-1" || is_tcp && includes)
}

/// Protocol and ports of the rule as text.
pub fn ports(rule: &Rule) -> String {
    let protocol = match rule.protocol.as_str() {
        "-1" => "every protocol",
        protocol => protocol,
    };
    let ports = match (rule.from_port, rule.to_port) {
        (Some(from), Some(to)) if from == to && from >= 0 => format!("port {from}"),
        (Some(from), Some(to)) if from >= 0 => format!("ports {from} to {to}"),
        _ => "every port".to_owned(),
    };
    format!("{protocol} {ports}")
}

fn source(rule: &Rule) -> String {
    match (&rule.prefix_list, &rule.referenced_group) {
        (Some(list), _) => format!("prefix list {list}"),
        (_, Some(group)) => format!("security group {group}"),
        _ => rule.source().unwrap_or("an unknown source").to_owned(),
    }
}

fn admits_everyone(rule: &Rule) -> bool {
    let ranges = [&rule.cidr, &rule.cidr_ipv6];
    let mut ranges = ranges.into_iter().flatten().map(|range| range.parse());
    ranges.any(|range| match range {
        Ok(IpNet::V4(range)) => range.prefix_len() < MIN_IPV4_PREFIX,
        Ok(IpNet::V6(range)) => range.prefix_len() < MIN_IPV6_PREFIX,
        Err(_) => false,
    })
}
