//! Prints reports as text or as JSON. The module of each operation writes the text of its reports.
#![expect(clippy::print_stderr, reason = "commands print through this file")]

use std::io::{ErrorKind, Write};

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

    /// Prints what the operator should know before the report, on standard error.
    pub fn note(self, text: &str) {
        eprintln!("{text}");
    }

    /// Prints the report as JSON, or the lines that `describe` makes of it.
    ///
    /// # Errors
    /// A report that JSON cannot hold; those of [`print()`].
    pub fn report<T: Serialize>(
        self,
        report: &T,
        describe: impl FnOnce(&T) -> Vec<String>,
    ) -> Result<()> {
        if self.json {
            return print_json(report);
        }
        let lines = describe(report).into_iter().map(|line| line + "\n");
        print(lines.collect::<String>().as_bytes())
    }
}

/// Prints `report` as indented JSON.
///
/// # Errors
/// A value that JSON cannot hold; those of [`print()`].
pub fn print_json(report: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(report)
        .map_err(|error| Error::internal("could not write the report as JSON", error))?;
    print(format!("{text}\n").as_bytes())
}

/// Writes to standard output. A reader that has closed it, such as `head`, is no failure.
///
/// # Errors
/// Standard output that cannot be written, such as a file on a full disk.
pub fn print(text: &[u8]) -> Result<()> {
    let mut output = std::io::stdout().lock();
    match output.write_all(text).and_then(|()| output.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| {
            Error::Operator(
                "standard output cannot be written".to_owned(),
                Some(error.into()),
            )
        }),
    }
}

/// Prints the error of a command on standard error.
pub fn print_error(message: &str) {
    eprintln!("cruddur: {message}");
}
