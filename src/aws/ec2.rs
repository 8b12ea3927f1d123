//! Reads, makes, changes and revokes security-group rules. `operations::security_group` decides whether a rule may be
//! changed and which values it gets; [`Rule`] says what one admits.

mod rule;

use aws_config::SdkConfig;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    Filter, IpPermission, IpRange, Ipv6Range, ResourceType, SecurityGroupRuleRequest,
    SecurityGroupRuleUpdate, TagSpecification,
};

pub use rule::{Rule, RuleTags};

use super::error::{Action, code, explain};
use crate::config::PublicAddress;
use crate::error::{Error, Result};

const PROTOCOL: &str = "tcp";
const AUTHORIZE: &str = "ec2:AuthorizeSecurityGroupIngress";
const TAG: &str = "ec2:CreateTags";
const MODIFY: &str = "ec2:ModifySecurityGroupRules";
const DESCRIBE: &str = "ec2:DescribeSecurityGroupRules";
const REVOKE: &str = "ec2:RevokeSecurityGroupIngress";

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

/// The response of EC2 to a request for a new rule.
#[derive(Debug, Clone)]
pub enum Authorized {
    /// EC2 made this rule.
    Made(Box<Rule>),
    /// A dry run: EC2 would have made the rule.
    WouldBeMade,
    /// A rule of the group has these values already.
    Duplicate,
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
        let values = SecurityGroupRuleRequest::builder()
            .ip_protocol(PROTOCOL)
            .from_port(port)
            .to_port(port)
            .description(&wanted.description);
        let range = wanted.address.cidr();
        let replacement = match wanted.address.is_ipv6() {
            true => values.cidr_ipv6(range),
            false => values.cidr_ipv4(range),
        };
        let update = SecurityGroupRuleUpdate::builder()
            .security_group_rule_id(&rule.id)
            .security_group_rule(replacement.build())
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

    /// Makes a rule with these tags, or finds out in a dry run whether EC2 would make it.
    ///
    /// # Errors
    /// AWS refuses or does not answer; a response without the rule.
    pub async fn authorize_rule(
        &self,
        group: &str,
        wanted: &Wanted,
        tags: &RuleTags,
        dry_run: bool,
    ) -> Result<Authorized> {
        let tags = TagSpecification::builder()
            .resource_type(ResourceType::SecurityGroupRule)
            .set_tags(Some(tags.to_tags()))
            .build();
        let request = self
            .client
            .authorize_security_group_ingress()
            .group_id(group)
            .ip_permissions(wanted.to_permission())
            .tag_specifications(tags)
            .set_dry_run(dry_run.then_some(true));
        match request.send().await {
            Ok(made) => match made.security_group_rules().first() {
                Some(rule) => Ok(Authorized::Made(Box::new(rule.into()))),
                None => Err(Error::operator(format!(
                    "AWS accepted {AUTHORIZE}, but its response names no rule"
                ))),
            },
            Err(error) => match code(&error) {
                Some("DryRunOperation") => Ok(Authorized::WouldBeMade),
                Some("InvalidPermission.Duplicate") => Ok(Authorized::Duplicate),
                _ => {
                    let resources = [
                        format!("security-group/{group}"),
                        "security-group-rule/*".to_owned(),
                    ];
                    let action = Action::on(AUTHORIZE, &self.region, &resources);
                    Err(explain(&action, error))
                }
            },
        }
    }

    /// Replaces the tags of a workspace's own rule.
    ///
    /// # Errors
    /// AWS refuses or does not answer.
    pub async fn tag_rule(&self, rule: &Rule, tags: &RuleTags) -> Result<()> {
        let request = self
            .client
            .create_tags()
            .resources(&rule.id)
            .set_tags(Some(tags.to_tags()));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let resources = [format!("security-group-rule/{}", rule.id)];
                let action = Action::on(TAG, &self.region, &resources);
                Err(explain(&action, error))
            }
        }
    }

    /// Deletes the rule. A rule that does not exist any more is no failure.
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
            Err(error) if code(&error) == Some("InvalidSecurityGroupRuleId.NotFound") => Ok(()),
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

impl Wanted {
    fn to_permission(&self) -> IpPermission {
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
