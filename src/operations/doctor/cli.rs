//! `cruddur doctor`.

use super::{Check, Diagnosis, Verdict};
use crate::config::{IdentityConfig, SecurityGroupConfig, Settings};
use crate::error::{Error, Result};
use crate::operations::command_context::DatabaseArguments;
use crate::operations::tunnel::Tunnel;

/// Check the database, the keys of the user pool and the security group, and print advice for each problem.
#[derive(clap::Args)]
pub struct DoctorArguments {
    #[command(flatten)]
    database: DatabaseArguments,
}

impl DoctorArguments {
    /// Runs the checks and prints them.
    ///
    /// # Errors
    /// Settings that cannot be read; a red check.
    pub async fn run(self, mut settings: Settings) -> Result<()> {
        let mut database = self.database.read_config(&mut settings);
        let tunnel = self.database.read_tunnel(&mut settings);
        let identity = IdentityConfig::read(&mut settings);
        let rule = SecurityGroupConfig::read(&mut settings);
        let output = self.database.output(&mut settings);
        settings.finish()?;
        let _tunnel = match tunnel {
            Some(tunnel) => Some(Tunnel::open(&mut database, &tunnel, 0).await?),
            None => None,
        };
        let diagnosis = super::examine(&database, &identity, rule).await;
        output.report(&diagnosis, |diagnosis| describe(diagnosis, output.color))?;
        let is_red = |check: &&Check| check.verdict == Verdict::Red;
        match diagnosis.checks.iter().filter(is_red).count() {
            0 => Ok(()),
            red => Err(Error::operator(format!("checks that failed: {red}"))),
        }
    }
}

/// One line for each check, followed by its advice.
fn describe(diagnosis: &Diagnosis, color: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for check in &diagnosis.checks {
        let (word, code) = match check.verdict {
            Verdict::Green => ("green", 32),
            Verdict::Yellow => ("yellow", 33),
            Verdict::Red => ("red", 31),
        };
        let (on, off) = match color {
            true => (format!("\x1b[{code}m"), "\x1b[0m"),
            false => (String::new(), ""),
        };
        let Check { name, finding, .. } = check;
        lines.push(format!("{on}{word:6}{off}  {name:14}  {finding}"));
        if let Some(advice) = &check.advice {
            lines.push(format!("{:24}{advice}", ""));
        }
    }
    lines
}
