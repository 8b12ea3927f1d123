//! Colours of the command line: `NO_COLOR` (<https://no-color.org>). `operations::terminal` prints.

use std::io::IsTerminal;

use super::Settings;

/// How commands print.
#[derive(Debug, Clone, Copy)]
pub struct TerminalConfig {
    /// Whether standard error is a terminal and `NO_COLOR` is not set.
    pub color: bool,
}

impl TerminalConfig {
    /// Reads `NO_COLOR`.
    pub fn read(settings: &mut Settings) -> Self {
        Self {
            color: std::io::stderr().is_terminal() && settings.text("NO_COLOR").is_none(),
        }
    }
}
