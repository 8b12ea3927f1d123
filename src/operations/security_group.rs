//! The security-group rule that admits this machine to the database: the one that an operator has made
//! (`named_rule`), or this workspace's own (`own_rule`). Reports its status and what else reaches the database's port
//! (`admissions`), brings it in step with the machine's public address, and deletes it. `aws` sends the requests.

mod admissions;
pub mod cli;
mod connectivity;
pub mod http;
mod named_rule;
mod own_rule;
mod report;
mod status;
mod watch;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;

pub use admissions::Admission;
pub use report::{SecurityGroupChange, SecurityGroupStatus, SyncOutcome};

use super::poll::Poll;
use crate::aws::{self, Rule, SecurityGroups, Wanted};
use crate::config::{AddressSource, ManagedRule, PublicAddress, SecurityGroupConfig};
use crate::error::{Error, Result, chain};

/// How long to wait until AWS shows a change that it has accepted.
const TIMEOUT: Duration = Duration::from_secs(3);
const INTERVAL: Duration = Duration::from_millis(500);

type Listener = Box<dyn Fn(&Result<SecurityGroupChange>) + Send + Sync>;

/// The configured rule. Changes to it are serialised.
pub struct SecurityGroup {
    config: SecurityGroupConfig,
    groups: OnceCell<SecurityGroups>,
    changing: tokio::sync::Mutex<()>,
    listener: Listener,
    last: Mutex<Option<Result<SecurityGroupChange, String>>>,
}

impl SecurityGroup {
    /// Creates the value without a request to AWS. `listener` is called each time the rule was brought in step, or
    /// could not be.
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

    /// Whether the server stops when it cannot bring the rule in step (`SG_REQUIRED`).
    pub fn is_required(&self) -> bool {
        self.config.required
    }

    /// Changes the rule of `DB_SG_RULE_ID` so that it admits this machine's public address and no other.
    ///
    /// # Errors
    /// No such rule is configured; an address that cannot be determined; a rule that is missing or not safe to
    /// replace; a request that AWS refuses.
    pub async fn sync(&self) -> Result<SecurityGroupChange> {
        self.expect_named()?;
        self.admit().await
    }

    /// Makes this workspace's own rule, or repairs it, and renews its lease.
    ///
    /// # Errors
    /// `DB_SG_RULE_ID` is set; an address that cannot be determined; a request that AWS refuses.
    pub async fn grant(&self) -> Result<SecurityGroupChange> {
        self.expect_own()?;
        self.admit().await
    }

    /// Admits this machine with the rule that is configured: [`sync`](Self::sync) or [`grant`](Self::grant).
    ///
    /// # Errors
    /// Those of the two.
    pub async fn admit(&self) -> Result<SecurityGroupChange> {
        self.admit_address(self.find_address().await).await
    }

    async fn admit_address(&self, address: Result<PublicAddress>) -> Result<SecurityGroupChange> {
        let _changing = self.changing.lock().await;
        let mut outcome = self.bring_in_step(address).await;
        let mut last = self.last();
        if let Ok(change) = &mut outcome
            && let Some(Ok(before)) = &*last
        {
            change.overwritten = change.shows_other_than(before);
        }
        *last = Some(match &outcome {
            Ok(change) => Ok(change.clone()),
            Err(error) => Err(chain(error)),
        });
        drop(last);
        (self.listener)(&outcome);
        outcome
    }

    async fn bring_in_step(&self, address: Result<PublicAddress>) -> Result<SecurityGroupChange> {
        if connectivity::is_private(self.config.database.as_ref()).await {
            return Ok(SecurityGroupChange::unneeded(&self.config));
        }
        let wanted = self.wanted(address?);
        let mut change = match &self.config.rule {
            ManagedRule::Named(rule) => self.change_named(rule, &wanted).await?,
            ManagedRule::Own(own) => self.grant_own(own, &wanted).await?,
        };
        if change.has_changed() {
            change.proof = Some(connectivity::test_connection(self.config.database.as_ref()).await);
        }
        Ok(change)
    }

    /// Reports what [`sync`](Self::sync) would do, and has AWS check the permission.
    ///
    /// # Errors
    /// Those of [`sync`](Self::sync).
    pub async fn rehearse_sync(&self) -> Result<SecurityGroupChange> {
        self.expect_named()?;
        self.rehearse().await
    }

    /// Reports what [`grant`](Self::grant) would do, and has AWS check the permission.
    ///
    /// # Errors
    /// Those of [`grant`](Self::grant).
    pub async fn rehearse_grant(&self) -> Result<SecurityGroupChange> {
        self.expect_own()?;
        self.rehearse().await
    }

    async fn rehearse(&self) -> Result<SecurityGroupChange> {
        if connectivity::is_private(self.config.database.as_ref()).await {
            return Ok(SecurityGroupChange::unneeded(&self.config));
        }
        let wanted = self.wanted(self.find_address().await?);
        match &self.config.rule {
            ManagedRule::Named(rule) => self.rehearse_named(rule, &wanted).await,
            ManagedRule::Own(own) => self.rehearse_own(own, &wanted).await,
        }
    }

    /// Deletes the rule.
    ///
    /// # Errors
    /// A rule that is missing, of another group, or outbound; a request that AWS refuses.
    pub async fn revoke(&self) -> Result<Rule> {
        let _changing = self.changing.lock().await;
        match &self.config.rule {
            ManagedRule::Named(rule) => self.revoke_named(rule).await,
            ManagedRule::Own(own) => self.revoke_own(own).await,
        }
    }

    async fn delete(&self, rule: &Rule) -> Result<()> {
        let groups = self.groups().await?;
        groups.revoke_rule(rule).await?;
        let poll = Poll::every(INTERVAL, TIMEOUT);
        while groups.find_rule(&rule.id).await?.is_some() {
            if !poll.wait().await {
                return Err(Error::operator(format!(
                    "AWS accepted the deletion of {}, but still shows it",
                    rule.id
                )));
            }
        }
        Ok(())
    }

    /// The address that the last attempt admitted.
    fn admitted(&self) -> Option<PublicAddress> {
        self.last().as_ref()?.as_ref().ok()?.address
    }

    /// The outcome of the last attempt: one of [`SyncOutcome::as_str`], `failed` or `unknown`.
    pub fn last_outcome(&self) -> &'static str {
        match &*self.last() {
            None => "unknown",
            Some(Ok(change)) if change.has_succeeded() => change.outcome.as_str(),
            Some(_) => "failed",
        }
    }

    fn last(&self) -> MutexGuard<'_, Option<Result<SecurityGroupChange, String>>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This machine's public address.
    async fn find_address(&self) -> Result<PublicAddress> {
        match &self.config.address {
            AddressSource::Set(address) => Ok(*address),
            AddressSource::Asked(providers) => {
                aws::find_public_address(providers, &self.config.rule).await
            }
        }
    }

    fn wanted(&self, address: PublicAddress) -> Wanted {
        Wanted {
            address,
            port: self.config.port(),
            description: self.config.description.clone(),
        }
    }

    /// Waits until AWS shows the change.
    async fn observe(&self, id: &str, wanted: &Wanted) -> Result<()> {
        let poll = Poll::every(INTERVAL, TIMEOUT);
        loop {
            let rule = self.groups().await?.find_rule(id).await?;
            if rule.as_ref().is_some_and(|rule| is_in_step(rule, wanted)) {
                return Ok(());
            }
            if !poll.wait().await {
                let shown = match rule.as_ref().and_then(Rule::source) {
                    Some(source) => format!("still admits {source}"),
                    None => "is not shown".to_owned(),
                };
                return Err(Error::operator(format!(
                    "AWS accepted the change, but {id} {shown}"
                )));
            }
        }
    }

    async fn list_rules(&self) -> Result<Vec<Rule>> {
        self.groups().await?.list_rules(&self.config.group).await
    }

    /// The failure of EC2 to show the rule because of which it refused a change as a duplicate.
    fn no_duplicate(&self, wanted: &Wanted) -> Error {
        Error::operator(format!(
            "AWS reports that {} already admits {}, but shows no such rule",
            self.config.group,
            wanted.address.cidr()
        ))
    }

    async fn groups(&self) -> Result<&SecurityGroups> {
        let load = || async {
            let config = aws::load(&self.config.aws).await?;
            Ok(SecurityGroups::new(&config))
        };
        self.groups.get_or_try_init(load).await
    }
}

/// Whether the rule admits the wanted address to the wanted port, and nothing else.
fn is_in_step(rule: &Rule, wanted: &Wanted) -> bool {
    rule.opens(wanted.port) && rule.admits(wanted.address)
}

/// The error of every operation on the rule while no rule is configured.
pub(in crate::operations) fn not_configured() -> Error {
    Error::operator(
        "no security group is configured: set DB_SG_ID, and DB_SG_RULE_ID for a rule that exists",
    )
}
