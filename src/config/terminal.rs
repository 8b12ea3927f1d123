//! Colours of the command line: `NO_COLOR` (<https://no-color.org>). `cli` prints.

use std::io::IsTerminal;

use super::Settings;

#[derive(Debug, Clone, Copy)]
pub struct TerminalConfig {
    /// Standard error is a terminal, and `NO_COLOR` is not set.
    pub color: bool,
}

impl TerminalConfig {
    pub fn read(settings: &mut Settings) -> Self {
        Self {
            color: std::io::stderr().is_terminal() && settings.text("NO_COLOR").is_none(),
        }
    }
}
