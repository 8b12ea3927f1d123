//! The security-group rule that admits only this machine to the database: reports its status, synchronises it
//! with the machine's public address, and deletes it. `aws` sends the requests.

pub mod cli;
mod connectivity;
pub mod http;
mod report;
mod watch;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;

pub use report::{SecurityGroupChange, SecurityGroupStatus, SyncOutcome};

use super::poll::Poll;
use crate::aws::{self, Answer, Rule, SecurityGroups, Wanted};
use crate::config::{AddressSource, PublicAddress, SecurityGroupConfig};
use crate::error::{Error, Result, chain};

/// How long to wait until AWS shows a change that it has accepted.
const TIMEOUT: Duration = Duration::from_secs(3);
const INTERVAL: Duration = Duration::from_millis(500);

type Listener = Box<dyn Fn(&Result<SecurityGroupChange>) + Send + Sync>;

/// One configured rule. Changes to it are serialised.
pub struct SecurityGroup {
    config: SecurityGroupConfig,
    groups: OnceCell<SecurityGroups>,
    changing: tokio::sync::Mutex<()>,
    listener: Listener,
    last: Mutex<Option<Result<SecurityGroupChange, String>>>,
}

impl SecurityGroup {
    /// Creates the value without a request to AWS. `listener` is called after each synchronisation.
    pub fn new(
        config: SecurityGroupConfig,
        listener: impl Fn(&Result<SecurityGroupChange>) + Send + Sync + 'static,
    ) -> Self {
        Self {
            config,
            listener: Box::new(listener),
            groups: OnceCell::new(),
            changing: tokio::sync::Mutex::new(()),
            last: Mutex::new(None),
        }
    }

    /// This rule, with the AWS client `groups`.
    #[must_use]
    pub fn with_groups(self, groups: SecurityGroups) -> Self {
        Self {
            groups: OnceCell::new_with(Some(groups)),
            ..self
        }
    }

    /// Whether the server stops when it cannot synchronise the rule (`SG_REQUIRED`).
    pub fn is_required(&self) -> bool {
        self.config.required
    }

    /// The rule, the address, and the problems with determining them.
    pub async fn status(&self) -> SecurityGroupStatus {
        let (address, rule) = tokio::join!(self.find_address(), self.find_rule());
        SecurityGroupStatus::new(&self.config, address, rule, self.last().clone())
    }

    /// Changes the rule so that it admits this machine's public address and no other.
    ///
    /// # Errors
    /// An address that cannot be determined; a rule that is missing or not safe to replace; a request
    /// that AWS refuses.
    pub async fn sync(&self) -> Result<SecurityGroupChange> {
        self.sync_to(self.find_address().await).await
    }

    async fn sync_to(&self, address: Result<PublicAddress>) -> Result<SecurityGroupChange> {
        let _changing = self.changing.lock().await;
        let outcome = self.bring_in_step(address).await;
        let last = match &outcome {
            Ok(change) => Ok(change.clone()),
            Err(error) => Err(chain(error)),
        };
        *self.last() = Some(last);
        (self.listener)(&outcome);
        outcome
    }

    /// Reports what [`sync`](Self::sync) would do, and has AWS check the permission.
    ///
    /// # Errors
    /// Those of [`sync`](Self::sync).
    pub async fn rehearse(&self) -> Result<SecurityGroupChange> {
        if connectivity::is_private(self.config.database.as_ref()).await {
            return Ok(SecurityGroupChange::unneeded(&self.config));
        }
        let (rule, wanted) = self.plan(self.find_address().await?).await?;
        if rule.admits(wanted.address) {
            return Ok(self.change(SyncOutcome::InStep, &rule, &wanted));
        }
        let outcome = match self.groups().await?.rehearse_modify(&rule, &wanted).await? {
            Answer::Done | Answer::WouldBeDone => SyncOutcome::WouldChange,
            Answer::Duplicate => self.other_rule(&wanted).await?,
        };
        Ok(self.change(outcome, &rule, &wanted))
    }

    /// Deletes the rule.
    ///
    /// # Errors
    /// A rule that is missing, of another group, or outbound; a request that AWS refuses.
    pub async fn revoke(&self) -> Result<Rule> {
        let _changing = self.changing.lock().await;
        let rule = self.checked_rule().await?;
        if rule.outbound {
            return Err(Error::operator(format!(
                "{} is an outbound rule, which this command does not delete",
                rule.id
            )));
        }
        let groups = self.groups().await?;
        groups.revoke_rule(&rule).await?;
        let poll = Poll::every(INTERVAL, TIMEOUT);
        while groups.find_rule(&rule.id).await?.is_some() {
            if !poll.wait().await {
                return Err(Error::operator(format!(
                    "AWS accepted the deletion of {}, but still shows it",
                    rule.id
                )));
            }
        }
        Ok(rule)
    }

    /// The address that the last synchronisation admitted.
    fn admitted(&self) -> Option<PublicAddress> {
        self.last().as_ref()?.as_ref().ok()?.address
    }

    /// The outcome of the last synchronisation: one of [`SyncOutcome::as_str`], `failed` or `unknown`.
    pub fn last_outcome(&self) -> &'static str {
        match &*self.last() {
            None => "unknown",
            Some(Err(_)) => "failed",
            Some(Ok(change)) => change.outcome.as_str(),
        }
    }

    fn last(&self) -> MutexGuard<'_, Option<Result<SecurityGroupChange, String>>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This machine's public address.
    async fn find_address(&self) -> Result<PublicAddress> {
        match &self.config.address {
            AddressSource::Set(address) => Ok(*address),
            AddressSource::Asked(providers) => aws::find_public_address(providers).await,
        }
    }

    async fn bring_in_step(&self, address: Result<PublicAddress>) -> Result<SecurityGroupChange> {
        if connectivity::is_private(self.config.database.as_ref()).await {
            return Ok(SecurityGroupChange::unneeded(&self.config));
        }
        let (rule, wanted) = self.plan(address?).await?;
        if rule.admits(wanted.address) {
            return Ok(self.change(SyncOutcome::InStep, &rule, &wanted));
        }
        let outcome = match self.groups().await?.modify_rule(&rule, &wanted).await? {
            Answer::Done | Answer::WouldBeDone => self.observe(&wanted).await?,
            Answer::Duplicate => self.other_rule(&wanted).await?,
        };
        let mut change = self.change(outcome, &rule, &wanted);
        change.proof = Some(connectivity::test_connection(self.config.database.as_ref()).await);
        Ok(change)
    }

    /// The current rule and the wanted one. Fails where the current rule may not be replaced.
    async fn plan(&self, address: PublicAddress) -> Result<(Rule, Wanted)> {
        let rule = self.checked_rule().await?;
        let port = self.config.port();
        if !rule.opens(port) || rule.cidr.is_none() {
            return Err(Error::operator(format!(
                "{} cannot be replaced safely: it is {}, and must be an inbound rule for tcp port \
                 {port} and an IPv4 range",
                rule.id,
                report::describe(&rule)
            )));
        }
        let wanted = Wanted {
            address,
            port,
            description: self.config.description.clone(),
        };
        Ok((rule, wanted))
    }

    async fn checked_rule(&self) -> Result<Rule> {
        let rule = self.find_rule().await?;
        if rule.group != self.config.group {
            return Err(Error::operator(format!(
                "{} belongs to the security group {}, not to {}: DB_SG_ID or DB_SG_RULE_ID is wrong",
                rule.id, rule.group, self.config.group
            )));
        }
        Ok(rule)
    }

    async fn find_rule(&self) -> Result<Rule> {
        let found = self.groups().await?.find_rule(&self.config.rule).await?;
        found.ok_or_else(|| {
            Error::operator(format!(
                "there is no security-group rule {}: DB_SG_RULE_ID or the region is wrong",
                self.config.rule
            ))
        })
    }

    /// Waits until AWS shows the change.
    async fn observe(&self, wanted: &Wanted) -> Result<SyncOutcome> {
        let poll = Poll::every(INTERVAL, TIMEOUT);
        loop {
            let rule = self.find_rule().await?;
            if rule.opens(wanted.port) && rule.admits(wanted.address) {
                return Ok(SyncOutcome::Changed);
            }
            if !poll.wait().await {
                return Err(Error::operator(format!(
                    "AWS accepted the change, but {} still admits {}",
                    rule.id,
                    rule.cidr.as_deref().unwrap_or("no IPv4 range")
                )));
            }
        }
    }

    /// Finds the rule because of which AWS refused a change as a duplicate: the configured rule, which then is in
    /// step already, or another rule that admits this machine.
    async fn other_rule(&self, wanted: &Wanted) -> Result<SyncOutcome> {
        let rules = self.groups().await?.list_rules(&self.config.group).await?;
        let other = rules
            .into_iter()
            .find(|rule| rule.opens(wanted.port) && rule.admits(wanted.address));
        match other {
            Some(rule) if rule.id == self.config.rule => Ok(SyncOutcome::InStep),
            Some(rule) => Ok(SyncOutcome::AdmittedByOther { rule: rule.id }),
            None => Err(Error::operator(format!(
                "AWS reports that {} already admits {}, but shows no such rule",
                self.config.group,
                wanted.address.cidr()
            ))),
        }
    }

    fn change(&self, outcome: SyncOutcome, rule: &Rule, wanted: &Wanted) -> SecurityGroupChange {
        SecurityGroupChange::new(&self.config, outcome, rule, wanted)
    }

    async fn groups(&self) -> Result<&SecurityGroups> {
        let load = || async {
            let config = aws::load(&self.config.aws).await?;
            Ok(SecurityGroups::new(&config))
        };
        self.groups.get_or_try_init(load).await
    }
}

/// The error of every operation on the rule while no rule is configured.
pub(in crate::operations) fn not_configured() -> Error {
    Error::operator("no security-group rule is configured: set DB_SG_ID and DB_SG_RULE_ID")
}
