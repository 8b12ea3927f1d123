//! Conversions between the types of the AWS SDK and those of `ec2`.

use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, SecurityGroupRule, Tag};
use chrono::{DateTime, SecondsFormat};

use super::{PROTOCOL, Rule, RuleTags, Wanted};

const OWNER: &str = "cruddur:owner";
const LEASE: &str = "cruddur:lease";

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

impl RuleTags {
    pub(super) fn to_tags(&self) -> Vec<Tag> {
        let lease = self.lease.to_rfc3339_opts(SecondsFormat::Secs, true);
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        vec![tag(OWNER, &self.owner), tag(LEASE, &lease)]
    }
}

impl Wanted {
    pub(super) fn to_permission(&self) -> IpPermission {
        let port = i32::from(self.port);
        let values = IpPermission::builder()
            .ip_protocol(PROTOCOL)
            .from_port(port)
            .to_port(port);
        let range = self.address.cidr();
        let values = match self.address.is_ipv6() {
            true => values.ipv6_ranges(
                Ipv6Range::builder()
                    .cidr_ipv6(range)
                    .description(&self.description)
                    .build(),
            ),
            false => values.ip_ranges(
                IpRange::builder()
                    .cidr_ip(range)
                    .description(&self.description)
                    .build(),
            ),
        };
        values.build()
    }
}
