//! A security-group rule as EC2 describes it: what it admits, and whose it is by its tags.

use aws_sdk_ec2::types::{SecurityGroupRule, Tag};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::PROTOCOL;
use crate::config::PublicAddress;

const OWNER: &str = "cruddur:owner";
const LEASE: &str = "cruddur:lease";

/// A rule of a security group, as EC2 describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SecurityGroupRule)]
pub struct Rule {
    /// The id of the rule.
    pub id: String,
    /// The id of the security group.
    pub group: String,
    /// Whether the rule is for outbound connections.
    pub outbound: bool,
    /// The protocol, such as `tcp`; `-1` means all protocols.
    pub protocol: String,
    /// The first port; null if the rule has none.
    #[schema(required)]
    pub from_port: Option<i32>,
    /// The last port; null if the rule has none.
    #[schema(required)]
    pub to_port: Option<i32>,
    /// The IPv4 range that the rule admits; null if the rule has another source.
    #[schema(required)]
    pub cidr: Option<String>,
    /// The IPv6 range that the rule admits; null if the rule has another source.
    #[schema(required)]
    pub cidr_ipv6: Option<String>,
    /// The id of the prefix list whose ranges the rule admits; null if the rule has another source.
    #[schema(required)]
    pub prefix_list: Option<String>,
    /// The id of the security group whose members the rule admits; null if the rule has another source.
    #[schema(required)]
    pub referenced_group: Option<String>,
    /// The description; null if the rule has none.
    #[schema(required)]
    pub description: Option<String>,
    /// The workspace that has made the rule for itself: the tag `cruddur:owner`.
    #[schema(required)]
    pub owner: Option<String>,
    /// When the owner's lease ends: the tag `cruddur:lease`; null also if the tag is no instant.
    #[schema(required)]
    pub lease: Option<DateTime<Utc>>,
}

/// The tags of a workspace's own rule.
#[derive(Debug, Clone)]
pub struct RuleTags {
    /// The workspace's id.
    pub owner: String,
    /// When its lease ends.
    pub lease: DateTime<Utc>,
}

impl RuleTags {
    pub(super) fn to_tags(&self) -> Vec<Tag> {
        let lease = self.lease.to_rfc3339_opts(SecondsFormat::Secs, true);
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        vec![tag(OWNER, &self.owner), tag(LEASE, &lease)]
    }
}

impl Rule {
    /// Whether the rule admits inbound TCP at exactly this port.
    pub fn opens(&self, port: u16) -> bool {
        let port = Some(i32::from(port));
        !self.outbound
            && self.protocol == PROTOCOL
            && self.from_port == port
            && self.to_port == port
    }

    /// Whether the rule admits exactly this address.
    pub fn admits(&self, address: PublicAddress) -> bool {
        let range = match address.is_ipv6() {
            true => self.cidr_ipv6.as_deref(),
            false => self.cidr.as_deref(),
        };
        range.and_then(|range| range.parse().ok()) == Some(address)
    }

    /// What the rule admits: a range of IPv4 or IPv6, a prefix list, or the members of a security group.
    pub fn source(&self) -> Option<&str> {
        let sources = [
            &self.cidr,
            &self.cidr_ipv6,
            &self.prefix_list,
            &self.referenced_group,
        ];
        sources.into_iter().find_map(Option::as_deref)
    }

    /// Whether the workspace with this id has made the rule for itself.
    pub fn is_of(&self, owner: &str) -> bool {
        !self.outbound && self.owner.as_deref() == Some(owner)
    }

    /// Whether a workspace has made the rule for itself, and its lease has ended.
    pub fn has_expired(&self, now: DateTime<Utc>) -> bool {
        !self.outbound && self.owner.is_some() && self.lease.is_some_and(|lease| lease < now)
    }
}

impl From<&SecurityGroupRule> for Rule {
    fn from(found: &SecurityGroupRule) -> Self {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let tag = |key: &str| {
            let tag = found.tags().iter().find(|tag| tag.key() == Some(key))?;
            tag.value().filter(|value| !value.is_empty())
        };
        let lease = tag(LEASE).and_then(|lease| DateTime::parse_from_rfc3339(lease).ok());
        let group = found.referenced_group_info();
        Self {
            id: text(found.security_group_rule_id()),
            group: text(found.group_id()),
            outbound: found.is_egress().unwrap_or(false),
            protocol: text(found.ip_protocol()),
            from_port: found.from_port(),
            to_port: found.to_port(),
            cidr: found.cidr_ipv4().map(str::to_owned),
            cidr_ipv6: found.cidr_ipv6().map(str::to_owned),
            prefix_list: found.prefix_list_id().map(str::to_owned),
            referenced_group: group.and_then(|group| group.group_id()).map(str::to_owned),
            description: found.description().map(str::to_owned),
            owner: tag(OWNER).map(str::to_owned),
            lease: lease.map(|lease| lease.to_utc()),
        }
    }
}
