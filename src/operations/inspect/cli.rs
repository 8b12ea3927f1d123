//! `cruddur db inspect`.

use std::time::Duration;

use super::{InspectReport, Line, Options, Section};
use crate::config::Settings;
use crate::error::Result;
use crate::operations::command_context::{CommandContext, DatabaseArguments};
use crate::operations::sessions::parse_age;
use crate::operations::verdict::Verdict;

/// Report what is slow, blocked, bloated, unused or near a limit in the database server, with a remedy for each finding.
#[derive(clap::Args)]
pub struct InspectArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// Print every line, also those that are fine.
    #[arg(long)]
    all: bool,
    /// From this age on, a transaction is long: 90s, 5m, 2h.
    #[arg(long, value_name = "AGE", default_value = "60s", value_parser = parse_age)]
    long_transaction: Duration,
    /// From this age of the statistics on, an index without a scan is unused.
    #[arg(long, value_name = "AGE", default_value = "7d", value_parser = parse_age)]
    unused_after: Duration,
}

impl InspectArguments {
    pub(in crate::operations) async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        context.output.heading("db-inspect");
        let options = Options {
            long_transaction: self.long_transaction,
            unused_after: self.unused_after,
            is_prod: context.connector.is_prod(),
        };
        let client = context.connector.for_any_server().connect().await?;
        let report = super::examine(&client, &options).await?;
        let color = context.output.color;
        context
            .output
            .report(&report, |report| describe(report, self.all, color))
    }
}

/// One line for each section with its verdict, and below it the lines that are not fine.
fn describe(report: &InspectReport, all: bool, color: bool) -> Vec<String> {
    let role = match report.is_standby {
        true => ", a standby",
        false => "",
    };
    let mut lines = vec![format!(
        "database {}, PostgreSQL {}{role}, read in {} ms",
        report.database, report.postgresql, report.milliseconds
    )];
    for section in &report.sections {
        lines.extend(describe_section(section, all, color));
    }
    lines
}

fn describe_section(section: &Section, all: bool, color: bool) -> Vec<String> {
    let note = section
        .note
        .as_ref()
        .map_or_else(String::new, |note| format!("  ({note})"));
    let name = section.name.replace('_', " ");
    let mut lines = vec![format!("{}  {name}{note}", word(section.verdict, color))];
    let shown = section
        .lines
        .iter()
        .filter(|line| all || line.verdict != Verdict::Fine);
    for line in shown {
        let Line {
            subject,
            finding,
            remedy,
            depth,
            ..
        } = line;
        let indent = "  ".repeat(*depth);
        lines.push(format!(
            "  {}  {indent}{subject}: {finding}",
            word(line.verdict, color)
        ));
        if let Some(remedy) = remedy {
            lines.push(format!("{:10}{remedy}", ""));
        }
    }
    lines
}

fn word(verdict: Verdict, color: bool) -> String {
    let (word, code) = verdict.word();
    match color {
        true => format!("\x1b[{code}m{word}\x1b[0m"),
        false => word.to_owned(),
    }
}
