//! `cruddur sg …`: one call for each arm.

use clap::Subcommand;

use super::print::{self, Voice};
use crate::config::{SecurityGroupConfig, Settings, TerminalConfig};
use crate::error::{Error, Result};
use crate::ops::security_group::SecurityGroup;

#[derive(Subcommand)]
pub enum SgCommand {
    /// Show the rule and this machine's public address.
    Status {
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Let this machine in, and nobody else.
    Sync {
        /// Only say what would be changed, and whether AWS would allow it.
        #[arg(long)]
        dry_run: bool,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Delete the rule: nobody is let in by it any more, and DB_SG_RULE_ID needs a new one.
    Revoke {
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
}

pub async fn run(command: SgCommand, mut settings: Settings) -> Result<()> {
    let color = TerminalConfig::read(&mut settings).color;
    let config = SecurityGroupConfig::read(&mut settings);
    settings.finish()?;
    let config = config.ok_or_else(|| {
        Error::operator("no security-group rule is configured: set DB_SG_ID and DB_SG_RULE_ID")
    })?;
    let group = SecurityGroup::new(config, |_| {});
    match command {
        SgCommand::Status { json } => {
            let report = group.status().await;
            Voice { json, color }.say(&report, print::security_group)?;
            match report.problems.is_empty() {
                true => Ok(()),
                false => Err(Error::operator("not everything could be found out")),
            }
        }
        SgCommand::Sync { dry_run, json } => {
            let voice = Voice { json, color };
            voice.step("sg-sync");
            let report = match dry_run {
                true => group.rehearse().await?,
                false => group.sync().await?,
            };
            voice.say(&report, print::security_group_change)
        }
        SgCommand::Revoke { json } => {
            let voice = Voice { json, color };
            voice.step("sg-revoke");
            voice.say(&group.revoke().await?, print::revoked_rule)
        }
    }
}
