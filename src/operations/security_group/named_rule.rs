//! The rule of `DB_SG_RULE_ID`, which an operator has made: this program changes its address and never makes one.

use super::admissions::ports;
use super::{SecurityGroup, SecurityGroupChange, SyncOutcome, is_in_step};
use crate::aws::{Answer, Rule, Wanted};
use crate::config::ManagedRule;
use crate::error::{Error, Result};

impl SecurityGroup {
    pub(super) fn expect_named(&self) -> Result<()> {
        match self.config.rule {
            ManagedRule::Named(_) => Ok(()),
            ManagedRule::Own(_) => Err(Error::operator(
                "DB_SG_RULE_ID must be set to the rule that is to change; without it, `cruddur sg grant` makes a \
                 rule of this workspace's own",
            )),
        }
    }

    pub(super) async fn change_named(
        &self,
        id: &str,
        wanted: &Wanted,
    ) -> Result<SecurityGroupChange> {
        let rule = self.replaceable(id, wanted).await?;
        if rule.admits(wanted.address) {
            return Ok(self.change(SyncOutcome::InStep, &rule, wanted));
        }
        match self.groups().await?.modify_rule(&rule, wanted).await? {
            Answer::Done | Answer::WouldBeDone => {
                self.observe(id, wanted).await?;
                Ok(self.change(SyncOutcome::Changed, &rule, wanted))
            }
            Answer::Duplicate => self.judge_duplicate(&rule, wanted).await,
        }
    }

    pub(super) async fn rehearse_named(
        &self,
        id: &str,
        wanted: &Wanted,
    ) -> Result<SecurityGroupChange> {
        let rule = self.replaceable(id, wanted).await?;
        if rule.admits(wanted.address) {
            return Ok(self.change(SyncOutcome::InStep, &rule, wanted));
        }
        match self.groups().await?.rehearse_modify(&rule, wanted).await? {
            Answer::Done | Answer::WouldBeDone => {
                Ok(self.change(SyncOutcome::WouldChange, &rule, wanted))
            }
            Answer::Duplicate => self.judge_duplicate(&rule, wanted).await,
        }
    }

    pub(super) async fn revoke_named(&self, id: &str) -> Result<Rule> {
        let rule = self.checked_rule(id).await?;
        if rule.outbound {
            return Err(Error::operator(format!(
                "{} is an outbound rule, which this command does not delete",
                rule.id
            )));
        }
        self.delete(&rule).await?;
        Ok(rule)
    }

    /// The rule. Fails where it may not be replaced.
    async fn replaceable(&self, id: &str, wanted: &Wanted) -> Result<Rule> {
        let rule = self.checked_rule(id).await?;
        let port = wanted.port;
        if !rule.opens(port) || rule.cidr.is_none() {
            return Err(Error::operator(format!(
                "{} cannot be replaced safely: it is {}, and must be an inbound rule for tcp port \
                 {port} and an IPv4 range",
                rule.id,
                describe(&rule)
            )));
        }
        Ok(rule)
    }

    async fn checked_rule(&self, id: &str) -> Result<Rule> {
        let rule = self.find_named(id).await?;
        if rule.group != self.config.group {
            return Err(Error::operator(format!(
                "{} belongs to the security group {}, not to {}: DB_SG_ID or DB_SG_RULE_ID is wrong",
                rule.id, rule.group, self.config.group
            )));
        }
        Ok(rule)
    }

    pub(super) async fn find_named(&self, id: &str) -> Result<Rule> {
        let found = self.groups().await?.find_rule(id).await?;
        found.ok_or_else(|| {
            Error::operator(format!(
                "there is no security-group rule {id}: DB_SG_RULE_ID or the region is wrong"
            ))
        })
    }

    /// What AWS's refusal of a duplicate means depends on what the named rule lets in now: another process may have
    /// changed it to this address, or it still admits the old address while another rule admits this one.
    async fn judge_duplicate(&self, rule: &Rule, wanted: &Wanted) -> Result<SecurityGroupChange> {
        let rules = self.list_rules().await?;
        let named = rules.iter().find(|found| found.id == rule.id);
        if let Some(named) = named.filter(|named| is_in_step(named, wanted)) {
            return Ok(self.change(SyncOutcome::InStep, named, wanted));
        }
        let other = rules.iter().find(|other| is_in_step(other, wanted));
        let other = other.ok_or_else(|| self.no_duplicate(wanted))?;
        let outcome = SyncOutcome::AdmittedByOther {
            rule: other.id.clone(),
        };
        let mut change = self.change(outcome, rule, wanted);
        change.after.clone_from(&change.before);
        change.in_step = false;
        Ok(change)
    }

    fn change(&self, outcome: SyncOutcome, rule: &Rule, wanted: &Wanted) -> SecurityGroupChange {
        SecurityGroupChange::new(&self.config, outcome, Some(rule), wanted)
    }
}

/// The rule as text, for messages.
fn describe(rule: &Rule) -> String {
    let direction = if rule.outbound {
        "an outbound"
    } else {
        "an inbound"
    };
    let range = rule.cidr.as_deref().unwrap_or("no IPv4 range");
    format!("{direction} rule for {} and {range}", ports(rule))
}
