//! Reads, changes and revokes security-group rules. `operations::security_group` decides whether a rule may be changed
//! and which values it gets.

use aws_config::SdkConfig;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    Filter, SecurityGroupRule, SecurityGroupRuleRequest, SecurityGroupRuleUpdate,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::{Action, code, explain};
use crate::config::PublicAddress;
use crate::error::Result;

const PROTOCOL: &str = "tcp";
const MODIFY: &str = "ec2:ModifySecurityGroupRules";
const DESCRIBE: &str = "ec2:DescribeSecurityGroupRules";
const REVOKE: &str = "ec2:RevokeSecurityGroupIngress";

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
    /// The IPv4 range that the rule admits; null if the rule has another source, such as an IPv6 range.
    #[schema(required)]
    pub cidr: Option<String>,
    /// The description; null if the rule has none.
    #[schema(required)]
    pub description: Option<String>,
}

/// The values that a rule is to have.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The only address that the rule is to admit.
    pub address: PublicAddress,
    /// The only TCP port that the rule is to open.
    pub port: u16,
    /// The description of the rule.
    pub description: String,
}

/// The response of EC2 to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// EC2 changed the rule.
    Done,
    /// A dry run: EC2 would have changed the rule.
    WouldBeDone,
    /// Another rule of the group has these values already.
    Duplicate,
}

/// The security groups of one region.
pub struct SecurityGroups {
    client: Client,
    region: String,
}

impl SecurityGroups {
    /// Makes a client with this configuration.
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            client: Client::new(config),
            region: config.region().map(ToString::to_string).unwrap_or_default(),
        }
    }

    /// The rule with this id; `None` if it does not exist.
    ///
    /// # Errors
    /// AWS refuses or does not answer.
    pub async fn find_rule(&self, rule: &str) -> Result<Option<Rule>> {
        let request = self
            .client
            .describe_security_group_rules()
            .security_group_rule_ids(rule);
        match request.send().await {
            Ok(found) => Ok(found.security_group_rules().first().map(Rule::from)),
            Err(error) if code(&error) == Some("InvalidSecurityGroupRuleId.NotFound") => Ok(None),
            Err(error) => Err(explain(&Action::on_anything(DESCRIBE), error)),
        }
    }

    /// Every rule of a group.
    ///
    /// # Errors
    /// AWS refuses or does not answer.
    pub async fn list_rules(&self, group: &str) -> Result<Vec<Rule>> {
        let of_group = Filter::builder().name("group-id").values(group).build();
        let found = self
            .client
            .describe_security_group_rules()
            .filters(of_group)
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await
            .map_err(|error| explain(&Action::on_anything(DESCRIBE), error))?;
        Ok(found.iter().map(Rule::from).collect())
    }

    /// Replaces every value of the rule.
    ///
    /// # Errors
    /// AWS refuses or does not answer.
    pub async fn modify_rule(&self, rule: &Rule, wanted: &Wanted) -> Result<Answer> {
        self.modify(rule, wanted, false).await
    }

    /// Makes a dry run of [`modify_rule`](Self::modify_rule), which shows whether EC2 would change the rule.
    ///
    /// # Errors
    /// AWS refuses or does not answer.
    pub async fn rehearse_modify(&self, rule: &Rule, wanted: &Wanted) -> Result<Answer> {
        self.modify(rule, wanted, true).await
    }

    async fn modify(&self, rule: &Rule, wanted: &Wanted, dry_run: bool) -> Result<Answer> {
        let port = i32::from(wanted.port);
        let replacement = SecurityGroupRuleRequest::builder()
            .ip_protocol(PROTOCOL)
            .from_port(port)
            .to_port(port)
            .cidr_ipv4(wanted.address.cidr())
            .description(&wanted.description)
            .build();
        let update = SecurityGroupRuleUpdate::builder()
            .security_group_rule_id(&rule.id)
            .security_group_rule(replacement)
            .build();
        let request = self
            .client
            .modify_security_group_rules()
            .group_id(&rule.group)
            .security_group_rules(update)
            .set_dry_run(dry_run.then_some(true));
        match request.send().await {
            Ok(_) => Ok(Answer::Done),
            Err(error) => match code(&error) {
                // EC2 reports a successful dry run as an error.
                Some("DryRunOperation") => Ok(Answer::WouldBeDone),
                Some("InvalidPermission.Duplicate") => Ok(Answer::Duplicate),
                _ => Err(explain(&self.action(MODIFY, rule), error)),
            },
        }
    }

    /// Deletes the rule.
    ///
    /// # Errors
    /// AWS refuses or does not answer.
    pub async fn revoke_rule(&self, rule: &Rule) -> Result<()> {
        let request = self
            .client
            .revoke_security_group_ingress()
            .group_id(&rule.group)
            .security_group_rule_ids(&rule.id);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(explain(&self.action(REVOKE, rule), error)),
        }
    }

    fn action(&self, name: &'static str, rule: &Rule) -> Action {
        let resources = [
            format!("security-group/{}", rule.group),
            format!("security-group-rule/{}", rule.id),
        ];
        Action::on(name, &self.region, &resources)
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
        self.cidr.as_deref() == Some(&address.cidr())
    }
}

impl From<&SecurityGroupRule> for Rule {
    fn from(found: &SecurityGroupRule) -> Self {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        Self {
            id: text(found.security_group_rule_id()),
            group: text(found.group_id()),
            outbound: found.is_egress().unwrap_or(false),
            protocol: text(found.ip_protocol()),
            from_port: found.from_port(),
            to_port: found.to_port(),
            cidr: found.cidr_ipv4().map(str::to_owned),
            description: found.description().map(str::to_owned),
        }
    }
}
