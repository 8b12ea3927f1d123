//! Reports as people read them, or as JSON.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the command line's voice"
)]

mod aws;

use serde::Serialize;

pub use aws::{Waiting, db_instance, revoked_rule, security_group, security_group_change};

use crate::error::{Error, Result};
use crate::ops::{migrations, seeds, users};

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

pub fn migrations(report: &migrations::Report) {
    let environment = report
        .environment
        .map_or_else(|| "not stamped yet".to_owned(), |stamp| stamp.to_string());
    println!("database {} ({environment})", report.database);
    for migration in &report.migrations {
        let state = match &migration.applied_on {
            _ if migration.diverged => "DIVERGED: applied with another text".to_owned(),
            None => "pending".to_owned(),
            Some(_) if report.applied_now.contains(&migration.version) => "applied now".to_owned(),
            Some(time) => format!("applied {time}"),
        };
        println!("  V{}  {:32} {state}", migration.version, migration.name);
    }
    for count in &report.takeover {
        println!("  prototype: {:28} {}", count.outcome, count.rows);
    }
}

pub fn seeds(report: &seeds::Report) {
    println!(
        "loaded {} into {}: {}",
        report.set,
        report.database,
        report.files.join(", ")
    );
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
