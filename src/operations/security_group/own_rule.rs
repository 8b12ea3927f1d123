//! This workspace's own rule: made where it is missing, found again by its tag, repaired where it differs, and held by a
//! lease. Each look also deletes the rules of other workspaces whose lease has ended, and never a rule without the tags.

use chrono::{SubsecRound, TimeDelta, Utc};

use super::{SecurityGroup, SecurityGroupChange, SyncOutcome, is_in_step};
use crate::aws::{Answer, Authorized, Rule, RuleTags, Wanted};
use crate::config::{ManagedRule, OwnRule};
use crate::error::{Error, Result, chain};

impl SecurityGroup {
    pub(super) fn expect_own(&self) -> Result<()> {
        match &self.config.rule {
            ManagedRule::Own(_) => Ok(()),
            ManagedRule::Named(rule) => Err(Error::operator(format!(
                "DB_SG_RULE_ID names the rule {rule}, which `cruddur sg sync` changes; unset it for a rule of this \
                 workspace's own"
            ))),
        }
    }

    pub(super) async fn grant_own(
        &self,
        own: &OwnRule,
        wanted: &Wanted,
    ) -> Result<SecurityGroupChange> {
        let rules = self.list_rules().await?;
        let (swept, problems) = self.sweep(own, &rules).await;
        let mine = newest_first(own, &rules, wanted);
        let tags = tags(own);
        let mut change = match mine.split_first() {
            None => self.make(own, wanted, &tags).await?,
            Some((rule, surplus)) => {
                for rule in surplus {
                    self.groups().await?.revoke_rule(rule).await?;
                }
                self.keep(own, rule, wanted, &tags).await?
            }
        };
        if change.rule_id.is_some() {
            change.lease = Some(tags.lease);
        }
        change.swept = swept;
        change.problems = problems;
        Ok(change)
    }

    /// Renews the lease of the rule, after repairing it where it differs.
    async fn keep(
        &self,
        own: &OwnRule,
        rule: &Rule,
        wanted: &Wanted,
        tags: &RuleTags,
    ) -> Result<SecurityGroupChange> {
        let groups = self.groups().await?;
        if is_in_step(rule, wanted) {
            groups.tag_rule(rule, tags).await?;
            return Ok(self.own_change(SyncOutcome::InStep, Some(rule), wanted));
        }
        if can_become(rule, wanted) && groups.modify_rule(rule, wanted).await? != Answer::Duplicate
        {
            self.observe(&rule.id, wanted).await?;
            groups.tag_rule(rule, tags).await?;
            return Ok(self.own_change(SyncOutcome::Changed, Some(rule), wanted));
        }
        // The rule cannot become the wanted one, and admits what it should not.
        groups.revoke_rule(rule).await?;
        let mut change = self.make(own, wanted, tags).await?;
        change.before = rule.source().map(str::to_owned);
        Ok(change)
    }

    /// Makes the rule, unless a rule of the group admits this address already.
    async fn make(
        &self,
        own: &OwnRule,
        wanted: &Wanted,
        tags: &RuleTags,
    ) -> Result<SecurityGroupChange> {
        let groups = self.groups().await?;
        let group = &self.config.group;
        match groups.authorize_rule(group, wanted, tags, false).await? {
            Authorized::Made(rule) => {
                self.observe(&rule.id, wanted).await?;
                let mut change = self.own_change(SyncOutcome::Granted, Some(&rule), wanted);
                change.before = None;
                Ok(change)
            }
            Authorized::WouldBeMade | Authorized::Duplicate => {
                self.find_admitting(own, wanted).await
            }
        }
    }

    /// The rule because of which AWS refused another one for this address: this workspace's own, which another process
    /// of it has just made, or that of a workspace with the same address.
    async fn find_admitting(&self, own: &OwnRule, wanted: &Wanted) -> Result<SecurityGroupChange> {
        let rules = self.list_rules().await?;
        let mut admitting = rules.iter().filter(|rule| is_in_step(rule, wanted));
        let rule = admitting.next().ok_or_else(|| self.no_duplicate(wanted))?;
        if rule.is_of(&own.owner) {
            return Ok(self.own_change(SyncOutcome::InStep, Some(rule), wanted));
        }
        let outcome = SyncOutcome::AdmittedByOther {
            rule: rule.id.clone(),
        };
        Ok(self.own_change(outcome, None, wanted))
    }

    pub(super) async fn rehearse_own(
        &self,
        own: &OwnRule,
        wanted: &Wanted,
    ) -> Result<SecurityGroupChange> {
        let rules = self.list_rules().await?;
        let mine = newest_first(own, &rules, wanted);
        let groups = self.groups().await?;
        let (rule, is_duplicate) = match mine.first() {
            Some(rule) if is_in_step(rule, wanted) => {
                return Ok(self.own_change(SyncOutcome::InStep, Some(rule), wanted));
            }
            Some(rule) if can_become(rule, wanted) => {
                let answer = groups.rehearse_modify(rule, wanted).await?;
                (Some(*rule), answer == Answer::Duplicate)
            }
            old => {
                let group = &self.config.group;
                let answer = groups
                    .authorize_rule(group, wanted, &tags(own), true)
                    .await?;
                (old.copied(), matches!(answer, Authorized::Duplicate))
            }
        };
        match is_duplicate {
            true => self.find_admitting(own, wanted).await,
            false => Ok(self.own_change(SyncOutcome::WouldChange, rule, wanted)),
        }
    }

    pub(super) async fn revoke_own(&self, own: &OwnRule) -> Result<Rule> {
        let rules = self.list_rules().await?;
        let mine: Vec<&Rule> = rules.iter().filter(|rule| rule.is_of(&own.owner)).collect();
        for rule in &mine {
            self.delete(rule).await?;
        }
        let deleted = mine.first().copied().cloned();
        deleted.ok_or_else(|| {
            Error::operator(format!(
                "this workspace ({}) has no rule in {}",
                own.owner, self.config.group
            ))
        })
    }

    /// Deletes the expired rules of other workspaces. Returns their ids, and why others could not be deleted.
    async fn sweep(&self, own: &OwnRule, rules: &[Rule]) -> (Vec<String>, Vec<String>) {
        let (mut swept, mut problems) = (Vec::new(), Vec::new());
        let now = Utc::now();
        for rule in rules {
            if rule.is_of(&own.owner) || !rule.has_expired(now) {
                continue;
            }
            let revoked = async { self.groups().await?.revoke_rule(rule).await };
            match revoked.await {
                Ok(()) => swept.push(rule.id.clone()),
                Err(error) => problems.push(format!(
                    "the expired rule {} could not be deleted: {}",
                    rule.id,
                    chain(&error)
                )),
            }
        }
        (swept, problems)
    }

    fn own_change(
        &self,
        outcome: SyncOutcome,
        rule: Option<&Rule>,
        wanted: &Wanted,
    ) -> SecurityGroupChange {
        SecurityGroupChange::new(&self.config, outcome, rule, wanted)
    }
}

/// Whether EC2 can change the rule to the wanted address: its range stays one of the same family.
fn can_become(rule: &Rule, wanted: &Wanted) -> bool {
    match wanted.address.is_ipv6() {
        true => rule.cidr_ipv6.is_some(),
        false => rule.cidr.is_some(),
    }
}

/// The workspace's rules: more than one only if two of its processes have made them at the same time. One that is in
/// step comes first, then the one that was renewed last.
fn newest_first<'rules>(
    own: &OwnRule,
    rules: &'rules [Rule],
    wanted: &Wanted,
) -> Vec<&'rules Rule> {
    let mut mine: Vec<&Rule> = rules.iter().filter(|rule| rule.is_of(&own.owner)).collect();
    mine.sort_by_key(|rule| std::cmp::Reverse((is_in_step(rule, wanted), rule.lease)));
    mine
}

fn tags(own: &OwnRule) -> RuleTags {
    let lease = TimeDelta::from_std(own.lease).unwrap_or_default();
    RuleTags {
        owner: own.owner.clone(),
        // As exact as the tag is.
        lease: Utc::now().trunc_subsecs(0) + lease,
    }
}
