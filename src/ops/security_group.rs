//! The security-group rule that lets exactly this machine reach the database: look, bring in step,
//! revoke. `watch` waits for the address to change, `way` looks at the way to the
//! database, `report` is what both doors show. Talking to AWS is `aws`'s.

mod connectivity;
mod report;
mod watch;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;

pub use report::{Change, Outcome, Status};

use crate::aws::{self, Answer, Rule, SecurityGroups, Wanted};
use crate::config::{AddressSource, PublicAddress, SecurityGroupConfig};
use crate::error::{Error, Result, chain};

/// Between two looks at a change that is not to be seen yet.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How often a change is looked for.
const LOOKS: u32 = 6;

type Listener = Box<dyn Fn(&Result<Change>) + Send + Sync>;

/// One configured rule. Changes to it are made one at a time.
pub struct SecurityGroup {
    config: SecurityGroupConfig,
    groups: OnceCell<SecurityGroups>,
    changing: tokio::sync::Mutex<()>,
    tell: Listener,
    last: Mutex<Option<Result<Change, String>>>,
}

impl SecurityGroup {
    /// Asks nobody anything yet. Each attempt to bring the rule in step is told.
    pub fn new(
        config: SecurityGroupConfig,
        tell: impl Fn(&Result<Change>) + Send + Sync + 'static,
    ) -> Self {
        Self {
            config,
            tell: Box::new(tell),
            groups: OnceCell::new(),
            changing: tokio::sync::Mutex::new(()),
            last: Mutex::new(None),
        }
    }

    /// With a client that is made already.
    #[must_use]
    pub fn with_groups(self, groups: SecurityGroups) -> Self {
        Self {
            groups: OnceCell::new_with(Some(groups)),
            ..self
        }
    }

    /// Whether a server must end that cannot bring the rule in step.
    pub fn is_required(&self) -> bool {
        self.config.required
    }

    /// What is so, and what could not be found out.
    pub async fn status(&self) -> Status {
        let (address, rule) = tokio::join!(self.find_address(), self.find_rule());
        Status::new(&self.config, address, rule, self.last().clone())
    }

    /// Lets this machine in, and nobody else.
    ///
    /// # Errors
    /// An uncertain address; a rule that is missing or another's; whatever AWS refuses.
    pub async fn sync(&self) -> Result<Change> {
        self.sync_to(self.find_address().await).await
    }

    async fn sync_to(&self, address: Result<PublicAddress>) -> Result<Change> {
        let _changing = self.changing.lock().await;
        let outcome = self.bring_in_step(address).await;
        let last = match &outcome {
            Ok(change) => Ok(change.clone()),
            Err(error) => Err(chain(error)),
        };
        *self.last() = Some(last);
        (self.tell)(&outcome);
        outcome
    }

    /// Finds out what [`sync`](Self::sync) would do, and whether AWS would let us.
    pub async fn rehearse(&self) -> Result<Change> {
        if connectivity::is_private(self.config.database.as_ref()).await {
            return Ok(Change::unneeded(&self.config));
        }
        let (rule, wanted) = self.plan(self.find_address().await?).await?;
        if rule.admits(wanted.address) {
            return Ok(self.change(Outcome::InStep, &rule, &wanted));
        }
        let outcome = match self.groups().await?.rehearse_modify(&rule, &wanted).await? {
            Answer::Done | Answer::WouldBeDone => Outcome::WouldChange,
            Answer::Duplicate => self.other_rule(&wanted).await?,
        };
        Ok(self.change(outcome, &rule, &wanted))
    }

    /// Deletes the rule: nobody is let in by it any more.
    ///
    /// # Errors
    /// A missing rule; one of another group, or an outbound one.
    pub async fn revoke(&self) -> Result<Rule> {
        let _changing = self.changing.lock().await;
        let rule = self.checked_rule().await?;
        if rule.outbound {
            return Err(Error::operator(format!(
                "{} is an outbound rule: not revoked",
                rule.id
            )));
        }
        let groups = self.groups().await?;
        groups.revoke_rule(&rule).await?;
        for _ in 0..LOOKS {
            if groups.find_rule(&rule.id).await?.is_none() {
                return Ok(rule);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Err(Error::operator(format!(
            "AWS revoked {}, but it is still there",
            rule.id
        )))
    }

    /// Whom the last attempt let in.
    fn admitted(&self) -> Option<PublicAddress> {
        self.last().as_ref()?.as_ref().ok()?.address
    }

    /// How the last attempt ended, in a word.
    pub fn last_outcome(&self) -> &'static str {
        match &*self.last() {
            None => "unknown",
            Some(Err(_)) => "failed",
            Some(Ok(change)) => change.outcome.as_str(),
        }
    }

    fn last(&self) -> MutexGuard<'_, Option<Result<Change, String>>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This machine's public address.
    async fn find_address(&self) -> Result<PublicAddress> {
        match &self.config.address {
            AddressSource::Set(address) => Ok(*address),
            AddressSource::Asked(providers) => aws::find_public_address(providers).await,
        }
    }

    async fn bring_in_step(&self, address: Result<PublicAddress>) -> Result<Change> {
        if connectivity::is_private(self.config.database.as_ref()).await {
            return Ok(Change::unneeded(&self.config));
        }
        let (rule, wanted) = self.plan(address?).await?;
        if rule.admits(wanted.address) {
            return Ok(self.change(Outcome::InStep, &rule, &wanted));
        }
        let outcome = match self.groups().await?.modify_rule(&rule, &wanted).await? {
            Answer::Done | Answer::WouldBeDone => self.seen(&wanted).await?,
            Answer::Duplicate => self.other_rule(&wanted).await?,
        };
        let mut change = self.change(outcome, &rule, &wanted);
        change.proof = Some(connectivity::prove(self.config.database.as_ref()).await);
        Ok(change)
    }

    /// The rule as it is and as it is to be, where it may be replaced.
    async fn plan(&self, address: PublicAddress) -> Result<(Rule, Wanted)> {
        let rule = self.checked_rule().await?;
        let port = self.config.port();
        if !rule.opens(port) || rule.cidr.is_none() {
            return Err(Error::operator(format!(
                "{} is not ours to change: it is {}, and must be an inbound rule for tcp port \
                 {port} and an IPv4 range; the whole rule would be replaced",
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

    /// The proof that AWS did what it said.
    async fn seen(&self, wanted: &Wanted) -> Result<Outcome> {
        let mut found = None;
        for look in 0..LOOKS {
            if look > 0 {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            let rule = self.find_rule().await?;
            if rule.opens(wanted.port) && rule.admits(wanted.address) {
                return Ok(Outcome::Changed);
            }
            found = rule.cidr;
        }
        Err(Error::operator(format!(
            "AWS accepted the change, but {} still lets in {}",
            self.config.rule,
            found.unwrap_or_else(|| "nobody".to_owned())
        )))
    }

    /// AWS keeps no two equal rules in a group. Either ours has become right meanwhile, or another
    /// rule lets us in.
    async fn other_rule(&self, wanted: &Wanted) -> Result<Outcome> {
        let rules = self.groups().await?.list_rules(&self.config.group).await?;
        let other = rules
            .into_iter()
            .find(|rule| rule.opens(wanted.port) && rule.admits(wanted.address));
        match other {
            Some(rule) if rule.id == self.config.rule => Ok(Outcome::InStep),
            Some(rule) => Ok(Outcome::AdmittedByOther { rule: rule.id }),
            None => Err(Error::operator(format!(
                "AWS says that {} lets {} in already, but shows no such rule",
                self.config.group,
                wanted.address.cidr()
            ))),
        }
    }

    fn change(&self, outcome: Outcome, rule: &Rule, wanted: &Wanted) -> Change {
        Change::new(&self.config, outcome, rule, wanted)
    }

    async fn groups(&self) -> Result<&SecurityGroups> {
        let load = || async {
            let config = aws::load(&self.config.aws).await?;
            Ok(SecurityGroups::new(&config))
        };
        self.groups.get_or_try_init(load).await
    }
}
