//! The state of the rule as AWS shows it now, and of everything else that reaches the database's port.

use super::{SecurityGroup, SecurityGroupStatus, admissions};
use crate::aws::Rule;
use crate::config::ManagedRule;
use crate::error::{Result, chain};

impl SecurityGroup {
    /// The rule, the address, what else reaches the port, and the problems with determining them.
    pub async fn status(&self) -> SecurityGroupStatus {
        let (address, rules) = tokio::join!(self.find_address(), self.list_rules());
        let mut problems = Vec::new();
        let mut known = |error| problems.push(chain(&error));
        let address = address.map_err(&mut known).ok();
        let rules = rules.map_err(&mut known);
        let rule = match &rules {
            Ok(rules) => self.find_in(rules).await.unwrap_or_else(|error| {
                known(error);
                None
            }),
            Err(()) => None,
        };
        let rules = rules.unwrap_or_default();
        let config = &self.config;
        let port = config.port();
        let is_in_step =
            |rule: &Rule| address.is_some_and(|address| rule.opens(port) && rule.admits(address));
        let (named, owner) = match &config.rule {
            ManagedRule::Named(id) => (Some(id.clone()), None),
            ManagedRule::Own(own) => (None, Some(own.owner.clone())),
        };
        let in_step = match &rule {
            Some(rule) => is_in_step(rule),
            None => owner.is_some() && rules.iter().any(is_in_step),
        };
        let (last_change, last_failure) = match self.last().clone() {
            Some(Ok(change)) => (Some(change), None),
            Some(Err(failure)) => (None, Some(failure)),
            None => (None, None),
        };
        let admissions = admissions::list(config, &rules);
        SecurityGroupStatus {
            group: config.group.clone(),
            rule_id: named.or_else(|| Some(rule.as_ref()?.id.clone())),
            owner,
            lease: rule.as_ref().and_then(|rule| rule.lease),
            rule,
            address,
            port,
            in_step,
            open_to_everyone: admissions.iter().any(|admission| admission.everyone),
            admissions,
            problems,
            last_change,
            last_failure,
        }
    }

    /// The rule that admits this machine. An operator's rule may be of another group, which the report shows.
    async fn find_in(&self, rules: &[Rule]) -> Result<Option<Rule>> {
        match &self.config.rule {
            ManagedRule::Named(id) => match rules.iter().find(|rule| rule.id == *id) {
                Some(rule) => Ok(Some(rule.clone())),
                None => self.find_named(id).await.map(Some),
            },
            ManagedRule::Own(own) => Ok(rules.iter().find(|rule| rule.is_of(&own.owner)).cloned()),
        }
    }
}
