//! Reports as people read them, or as JSON. How each report looks stands in the files of this folder.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the command line's voice"
)]

mod aws;
mod database;
mod sessions;

use serde::Serialize;

pub use aws::{Waiting, db_instance, revoked_rule, security_group, security_group_change};

use crate::error::{Error, Result};
use crate::ops::doctor::{Diagnosis, Verdict};
use crate::ops::users;
pub use database::{Meter, backed_up, created, dropped, migrations, restored, seeds, set_up};
pub use sessions::{sessions, signalled};

/// The reason why a command failed.
pub fn error(message: &str) {
    eprintln!("cruddur: {message}");
}

/// How a command speaks: reports on standard output, everything else on standard error.
#[derive(Debug, Clone, Copy)]
pub struct Voice {
    pub json: bool,
    pub color: bool,
}

impl Voice {
    /// `== name`, cyan on a terminal, as the old scripts printed it; not beside JSON.
    pub fn step(self, name: &str) {
        match self {
            Self { json: true, .. } => {}
            Self { color: true, .. } => eprintln!("\x1b[36m== {name}\x1b[0m"),
            _ => eprintln!("== {name}"),
        }
    }

    /// The report as JSON, or as `people` read it.
    pub fn say<T: Serialize>(self, report: &T, people: impl FnOnce(&T)) -> Result<()> {
        if self.json {
            return json(report);
        }
        people(report);
        Ok(())
    }
}

pub fn json(report: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(report)
        .map_err(|error| Error::internal("the report cannot be written", error))?;
    println!("{text}");
    Ok(())
}

/// One line for each check, what to do below it.
pub fn diagnosis(diagnosis: &Diagnosis, color: bool) {
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
        println!("{on}{word:6}{off}  {:14}  {}", check.name, check.finding);
        if let Some(advice) = &check.advice {
            println!("{:24}{advice}", "");
        }
    }
}

/// roff, for `man -l -`.
pub fn manual(command: &clap::Command) -> Result<()> {
    clap_mangen::Man::new(command.clone())
        .render(&mut std::io::stdout())
        .map_err(|error| Error::internal("the manual cannot be written", error))
}

pub fn users(report: &users::Report) {
    let made = if report.dry_run { "to be made" } else { "made" };
    println!(
        "{} users in the pool: {} known, {} {made}, {} not confirmed, {} incomplete",
        report.found,
        report.known,
        report.made,
        report.unconfirmed,
        report.incomplete.len()
    );
    for changed in &report.handles {
        let new = if changed.is_new { made } else { "known" };
        println!(
            "  {} is {} here ({new})",
            changed.in_user_pool, changed.here
        );
    }
    for subject in &report.incomplete {
        println!("  {subject} lacks a preferred_username or a name");
    }
}
