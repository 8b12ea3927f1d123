//! `cruddur db drift`.

use super::{Difference, Direction, DriftReport};
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::operations::command_context::{CommandContext, DatabaseArguments};
use crate::operations::termination::Termination;

/// The text cuts a definition after this number of characters; `--json` has all of it.
const MAX_CHARS: usize = 100;

/// Compare the schema with the one that the applied migrations make, in a scratch database that is dropped again.
#[derive(clap::Args)]
pub struct DriftArguments {
    #[command(flatten)]
    database: DatabaseArguments,
}

impl DriftArguments {
    pub(in crate::operations) async fn run(self, settings: Settings) -> Result<()> {
        let context = CommandContext::open(&self.database, settings).await?;
        context.output.heading("db-drift");
        // A signal does not end the program before the scratch database is dropped.
        let _signals = Termination::listen()?;
        let report = super::find(&context.connector).await?;
        context.output.report(&report, describe)?;
        match report.differences.len() {
            0 => Ok(()),
            found => Err(Error::operator(format!(
                "objects that are not as the migrations make them: {found}"
            ))),
        }
    }
}

/// One line for the database; for each difference one line, and one for each of its definitions.
fn describe(report: &DriftReport) -> Vec<String> {
    let mut lines = vec![format!(
        "database {}, migrations: {}, differences: {}",
        report.database,
        report.migrations,
        report.differences.len()
    )];
    for difference in &report.differences {
        lines.extend(describe_one(difference));
    }
    lines
}

fn describe_one(difference: &Difference) -> Vec<String> {
    let Difference {
        kind,
        name,
        difference,
        expected,
        found,
    } = difference;
    let word = match difference {
        Direction::Missing => "missing",
        Direction::Unexpected => "unexpected",
        Direction::Changed => "changed",
    };
    let mut lines = vec![format!("  {word:10}  {kind} {name}")];
    if let (Direction::Changed, Some(expected), Some(found)) = (difference, expected, found) {
        let same = expected
            .chars()
            .zip(found.chars())
            .take_while(|(one, other)| one == other)
            .count();
        lines.push(format!("    expected  {}", from(expected, same)));
        lines.push(format!("    found     {}", from(found, same)));
    }
    lines
}

/// One line of a definition that begins shortly before the character in which it differs.
fn from(definition: &str, differs_at: usize) -> String {
    let start = differs_at.saturating_sub(MAX_CHARS / 2);
    let part: String = definition.chars().skip(start).take(MAX_CHARS).collect();
    let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
    match start {
        0 => part,
        _ => format!("… {part}"),
    }
}
