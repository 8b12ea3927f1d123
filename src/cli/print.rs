//! Reports as people read them, or as JSON.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is the command line's voice"
)]

use std::io::IsTerminal;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::ops::{migrations, seeds};

/// The reason why a command failed.
pub fn error(message: &str) {
    eprintln!("cruddur: {message}");
}

/// A cyan `== name` on a terminal, as the old scripts printed it; nothing in a pipe.
pub fn step(name: &str, json: bool) {
    if !json && std::io::stderr().is_terminal() {
        eprintln!("\x1b[36m== {name}\x1b[0m");
    }
}

pub fn json(report: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(report)
        .map_err(|error| Error::internal("the report cannot be written", error))?;
    println!("{text}");
    Ok(())
}

pub fn migrations(report: &migrations::Report, as_json: bool) -> Result<()> {
    if as_json {
        return json(report);
    }
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
    Ok(())
}

pub fn seeds(report: &seeds::Report, as_json: bool) -> Result<()> {
    if as_json {
        return json(report);
    }
    println!(
        "loaded {} into {}: {}",
        report.set,
        report.database,
        report.files.join(", ")
    );
    Ok(())
}
