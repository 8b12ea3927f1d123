//! `cruddur sg …`.

use clap::{Args, Subcommand};

use super::{
    Admission, SecurityGroup, SecurityGroupChange, SecurityGroupStatus, SyncOutcome, not_configured,
};
use crate::aws::Rule;
use crate::config::{ManagedRule, SecurityGroupConfig, Settings, TerminalConfig};
use crate::error::{Error, Result};
use crate::operations::terminal::Output;

/// The subcommands of `cruddur sg`.
#[derive(Subcommand)]
pub enum SgCommand {
    /// Show the rule, this machine's public address, and every rule that reaches the database's port.
    Status(OutputArguments),
    /// Make a rule of this workspace's own for its public address, or repair it, and renew its lease.
    Grant(ChangeArguments),
    /// Change the rule of DB_SG_RULE_ID to this machine's public address and no other.
    Sync(ChangeArguments),
    /// Delete the rule: that of DB_SG_RULE_ID, else this workspace's own.
    Revoke(OutputArguments),
}

/// How to print.
#[derive(Args)]
pub struct OutputArguments {
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

/// Whether to change anything, and how to print.
#[derive(Args)]
pub struct ChangeArguments {
    /// Show the change that would be made, and whether AWS permits it.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: OutputArguments,
}

impl SgCommand {
    /// Runs the command and prints its report.
    ///
    /// # Errors
    /// Settings that cannot be read or are missing; those of the operation; a port that is open to everyone.
    pub async fn run(self, mut settings: Settings) -> Result<()> {
        let color = TerminalConfig::read(&mut settings).color;
        let config = SecurityGroupConfig::read(&mut settings);
        settings.finish()?;
        let config = config.ok_or_else(not_configured)?;
        let is_named = matches!(config.rule, ManagedRule::Named(_));
        let group = SecurityGroup::new(config, |_| {});
        let output = |arguments: &OutputArguments| Output {
            json: arguments.json,
            color,
        };
        match self {
            Self::Status(arguments) => show_status(&group, output(&arguments)).await,
            Self::Grant(arguments) => {
                let output = output(&arguments.output);
                output.heading("sg-grant");
                let report = match arguments.dry_run {
                    true => group.rehearse_grant().await?,
                    false => group.grant().await?,
                };
                finish(&report, output)
            }
            Self::Sync(arguments) => {
                let output = output(&arguments.output);
                output.heading("sg-sync");
                let report = match arguments.dry_run {
                    true => group.rehearse_sync().await?,
                    false => group.sync().await?,
                };
                finish(&report, output)
            }
            Self::Revoke(arguments) => {
                let output = output(&arguments);
                output.heading("sg-revoke");
                let rule = group.revoke().await?;
                output.report(&rule, |rule| describe_revoked(rule, is_named))
            }
        }
    }
}

async fn show_status(group: &SecurityGroup, output: Output) -> Result<()> {
    let report = group.status().await;
    output.report(&report, |report| describe_status(report, output.color))?;
    if let Some(warning) = report.warning() {
        return Err(Error::operator(warning));
    }
    match report.problems.is_empty() {
        true => Ok(()),
        false => Err(Error::operator(
            "the status is incomplete: see its problems",
        )),
    }
}

/// Prints the report, and returns an error unless the rule is as it should be.
fn finish(report: &SecurityGroupChange, output: Output) -> Result<()> {
    output.report(report, describe_change)?;
    report
        .failure()
        .map_or(Ok(()), |failure| Err(Error::operator(failure)))
}

fn describe_status(status: &SecurityGroupStatus, color: bool) -> Vec<String> {
    let unknown = || "unknown".to_owned();
    let admitted = match &status.rule {
        Some(rule) => range(rule.source()).to_owned(),
        None if status.problems.is_empty() => "nothing: there is no rule".to_owned(),
        None => unknown(),
    };
    let address = status
        .address
        .map_or_else(unknown, |address| address.to_string());
    let in_step = if status.in_step { "yes" } else { "no" };
    let mut lines = vec![
        format!("security group  {}", status.group),
        format!(
            "rule            {}",
            status.rule_id.as_deref().unwrap_or("none")
        ),
        format!("database port   {}", status.port),
        format!("admits          {admitted}"),
        format!("public address  {address}"),
        format!("in sync         {in_step}"),
    ];
    if let Some(owner) = &status.owner {
        lines.push(format!("this workspace  {owner}"));
    }
    if let Some(lease) = status.lease {
        lines.push(format!("lease           until {lease}"));
    }
    for admission in &status.admissions {
        let text = format!("reaches port    {}", describe_admission(admission));
        lines.push(match admission.everyone && color {
            true => format!("\x1b[31m{text}\x1b[0m"),
            false => text,
        });
    }
    for problem in &status.problems {
        lines.push(format!("problem         {problem}"));
    }
    lines
}

/// `8.8.4.4/32 by sgr-…, tcp port 5432, until …`
fn describe_admission(admission: &Admission) -> String {
    let Admission {
        rule,
        source,
        ports,
        ..
    } = admission;
    let whose = match (admission.everyone, admission.own, admission.lease) {
        (true, ..) => ", OPEN TO EVERYONE".to_owned(),
        (_, true, _) => ", this machine's".to_owned(),
        (_, _, Some(lease)) => format!(", of another workspace until {lease}"),
        _ => String::new(),
    };
    format!("{source} by {rule}, {ports}{whose}")
}

fn describe_change(change: &SecurityGroupChange) -> Vec<String> {
    let rule = change.rule_id.as_deref().unwrap_or("a new rule");
    let before = range(change.before.as_deref());
    let after = range(change.after.as_deref());
    let outcome = match &change.outcome {
        SyncOutcome::InStep => format!("{rule} already admits {after}"),
        SyncOutcome::AdmittedByOther { rule } => {
            let address = change.address.map(|address| address.cidr());
            format!(
                "another rule, {rule}, already admits {}",
                range(address.as_deref())
            )
        }
        SyncOutcome::WouldChange if change.before.is_none() => {
            format!("{rule} would admit {after}")
        }
        SyncOutcome::WouldChange => format!("{rule} would admit {after} instead of {before}"),
        SyncOutcome::Changed => format!("{rule} admits {after} instead of {before}"),
        SyncOutcome::Granted => format!("made {rule}, which admits {after}"),
        SyncOutcome::NotNeeded => {
            "not needed: the database's name resolves to private addresses".to_owned()
        }
    };
    let mut lines = vec![outcome];
    if let Some(lease) = change.lease {
        lines.push(format!("lease: until {lease}, unless it is renewed"));
    }
    if !change.swept.is_empty() {
        lines.push(format!(
            "deleted expired rules: {}",
            change.swept.join(", ")
        ));
    }
    lines.extend(change.problems.iter().cloned());
    if let Some(result) = change.connection() {
        lines.push(format!("connection to the database: {result}"));
    }
    lines
}

fn describe_revoked(rule: &Rule, is_named: bool) -> Vec<String> {
    let next = match is_named {
        true => "; set DB_SG_RULE_ID to a new rule",
        false => "",
    };
    vec![format!(
        "deleted {}, which admitted {}{next}",
        rule.id,
        range(rule.source())
    )]
}

fn range(source: Option<&str>) -> &str {
    source.unwrap_or("no range")
}
