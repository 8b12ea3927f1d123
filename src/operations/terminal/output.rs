//! Prints reports as text or as JSON. The module of each operation writes the text of its reports.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "commands print through this file"
)]

use serde::Serialize;

use crate::error::{Error, Result};

/// How a command prints: its report on standard output, everything else on standard error.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// Whether reports are JSON and headings are left out.
    pub json: bool,
    /// Whether output has ANSI colours.
    pub color: bool,
}

impl Output {
    /// Prints `== name` on standard error, in cyan where colours are on.
    pub fn heading(self, name: &str) {
        match self {
            Self { json: true, .. } => {}
            Self { color: true, .. } => eprintln!("\x1b[36m== {name}\x1b[0m"),
            _ => eprintln!("== {name}"),
        }
    }

    /// Prints the report as JSON, or the lines that `describe` makes of it.
    ///
    /// # Errors
    /// A report that JSON cannot hold.
    pub fn report<T: Serialize>(
        self,
        report: &T,
        describe: impl FnOnce(&T) -> Vec<String>,
    ) -> Result<()> {
        if self.json {
            return print_json(report);
        }
        for line in describe(report) {
            println!("{line}");
        }
        Ok(())
    }
}

/// Prints `report` as indented JSON.
///
/// # Errors
/// A value that JSON cannot hold.
pub fn print_json(report: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(report)
        .map_err(|error| Error::internal("could not write the report as JSON", error))?;
    println!("{text}");
    Ok(())
}

/// Prints the error of a command on standard error.
pub fn print_error(message: &str) {
    eprintln!("cruddur: {message}");
}
