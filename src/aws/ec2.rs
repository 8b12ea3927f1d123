//! Reads, makes, changes and revokes security-group rules. `operations::security_group` decides whether a rule may be
//! changed and which values it gets; [`Rule`] says what one admits.

#[cfg(feature = "ec2")]
mod conversions;
#[cfg(not(feature = "ec2"))]
mod refusing;
mod rule;
#[cfg(feature = "ec2")]
mod security_groups;

#[cfg(not(feature = "ec2"))]
pub use refusing::SecurityGroups;
pub use rule::{Rule, RuleTags};
#[cfg(feature = "ec2")]
pub use security_groups::SecurityGroups;

use crate::config::PublicAddress;

const PROTOCOL: &str = "tcp";

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
