//! `cruddur db lint`.

use std::path::PathBuf;

use super::{Finding, LintReport};
use crate::config::{Settings, TerminalConfig};
use crate::error::{Error, Result};
use crate::operations::terminal::Output;

/// Find what is unsafe in migrations: long locks, and changes that break the release before. Needs no database.
#[derive(clap::Args)]
pub struct LintArguments {
    /// The folder of the migrations.
    #[arg(default_value = "migrations")]
    folder: PathBuf,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

impl LintArguments {
    pub(in crate::operations) fn run(self, mut settings: Settings) -> Result<()> {
        let output = Output {
            json: self.json,
            color: TerminalConfig::read(&mut settings).color,
        };
        settings.finish()?;
        output.heading("db-lint");
        let report = super::lint(&self.folder)?;
        output.report(&report, describe)?;
        match report.findings.len() {
            0 => Ok(()),
            found => Err(Error::operator(format!("unsafe lines: {found}"))),
        }
    }
}

/// Two lines for each finding, and the number of files and exceptions.
fn describe(report: &LintReport) -> Vec<String> {
    let mut lines = Vec::new();
    for finding in &report.findings {
        let Finding {
            file,
            line,
            rule,
            message,
            advice,
        } = finding;
        lines.push(format!("{file}:{line}: {rule}: {message}"));
        lines.push(format!("    {advice}"));
    }
    lines.push(format!(
        "migrations: {}, findings: {}, exceptions: {}",
        report.files,
        report.findings.len(),
        report.exceptions.len()
    ));
    lines
}
