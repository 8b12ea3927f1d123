//! How the command line looks: `NO_COLOR` (<https://no-color.org>). What it says is `cli`'s.

use std::io::IsTerminal;

use super::Settings;

#[derive(Debug, Clone, Copy)]
pub struct TerminalConfig {
    /// Standard error is a terminal, and nobody minds colours.
    pub color: bool,
}

impl TerminalConfig {
    pub fn read(settings: &mut Settings) -> Self {
        Self {
            color: std::io::stderr().is_terminal() && settings.text("NO_COLOR").is_none(),
        }
    }
}
