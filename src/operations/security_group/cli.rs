//! `cruddur sg …`.

use clap::{Args, Subcommand};

use super::{SecurityGroup, SecurityGroupChange, SecurityGroupStatus, SyncOutcome, not_configured};
use crate::aws::Rule;
use crate::config::{SecurityGroupConfig, Settings, TerminalConfig};
use crate::error::{Error, Result};
use crate::operations::terminal::Output;

/// The subcommands of `cruddur sg`.
#[derive(Subcommand)]
pub enum SgCommand {
    /// Show the rule and this machine's public address.
    Status(OutputArguments),
    /// Admit this machine's public address and no other.
    Sync {
        /// Show the change that would be made, and whether AWS permits it.
        #[arg(long)]
        dry_run: bool,
        /// How to print.
        #[command(flatten)]
        output: OutputArguments,
    },
    /// Delete the rule; afterwards set DB_SG_RULE_ID to a new rule.
    Revoke(OutputArguments),
}

/// How to print.
#[derive(Args)]
pub struct OutputArguments {
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

impl SgCommand {
    /// Runs the command and prints its report.
    ///
    /// # Errors
    /// Settings that cannot be read or are missing; those of the operation.
    pub async fn run(self, mut settings: Settings) -> Result<()> {
        let color = TerminalConfig::read(&mut settings).color;
        let config = SecurityGroupConfig::read(&mut settings);
        settings.finish()?;
        let group = SecurityGroup::new(config.ok_or_else(not_configured)?, |_| {});
        let output = |arguments: &OutputArguments| Output {
            json: arguments.json,
            color,
        };
        match self {
            Self::Status(arguments) => {
                let report = group.status().await;
                output(&arguments).report(&report, describe_status)?;
                match report.problems.is_empty() {
                    true => Ok(()),
                    false => Err(Error::operator(
                        "the status is incomplete: see its problems",
                    )),
                }
            }
            Self::Sync {
                dry_run,
                output: arguments,
            } => {
                let output = output(&arguments);
                output.heading("sg-sync");
                let report = match dry_run {
                    true => group.rehearse().await?,
                    false => group.sync().await?,
                };
                output.report(&report, describe_change)
            }
            Self::Revoke(arguments) => {
                let output = output(&arguments);
                output.heading("sg-revoke");
                output.report(&group.revoke().await?, describe_revoked)
            }
        }
    }
}

fn describe_status(status: &SecurityGroupStatus) -> Vec<String> {
    let unknown = || "unknown".to_owned();
    let rule = status.rule.as_ref();
    let admitted = rule.map_or_else(unknown, |rule| range(rule.cidr.as_deref()).to_owned());
    let address = status
        .address
        .map_or_else(unknown, |address| address.to_string());
    let mut lines = vec![
        format!("security group  {}", status.group),
        format!("rule            {}", status.rule_id),
        format!("database port   {}", status.port),
        format!("admits          {admitted}"),
        format!("public address  {address}"),
        format!(
            "in sync         {}",
            if status.in_step { "yes" } else { "no" }
        ),
    ];
    for problem in &status.problems {
        lines.push(format!("problem         {problem}"));
    }
    lines
}

fn describe_change(change: &SecurityGroupChange) -> Vec<String> {
    let rule = &change.rule_id;
    let before = range(change.before.as_deref());
    let after = range(change.after.as_deref());
    let outcome = match &change.outcome {
        SyncOutcome::InStep => format!("{rule} already admits {after}"),
        SyncOutcome::AdmittedByOther { rule } => {
            format!("another rule, {rule}, already admits {after}")
        }
        SyncOutcome::WouldChange => format!("{rule} would admit {after} instead of {before}"),
        SyncOutcome::Changed => format!("{rule} admits {after} instead of {before}"),
        SyncOutcome::NotNeeded => {
            "not needed: the database's name resolves to private addresses".to_owned()
        }
    };
    let mut lines = vec![outcome];
    if let Some(result) = change.connection() {
        lines.push(format!("connection to the database: {result}"));
    }
    lines
}

fn describe_revoked(rule: &Rule) -> Vec<String> {
    vec![format!(
        "deleted {}, which admitted {}; set DB_SG_RULE_ID to a new rule",
        rule.id,
        range(rule.cidr.as_deref())
    )]
}

fn range(cidr: Option<&str>) -> &str {
    cidr.unwrap_or("no IPv4 range")
}
