//! Shows the progress of long commands on standard error.
#![expect(clippy::print_stderr, reason = "commands print through this file")]

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Elapsed time, amount and current step of a long command, on a terminal only. Dropping it clears
/// the line.
pub struct ProgressReporter(ProgressBar);

impl ProgressReporter {
    /// Starts the display and its elapsed time.
    pub fn start() -> Self {
        let bar = ProgressBar::new_spinner();
        let line = ProgressStyle::with_template("{spinner} {elapsed} {prefix} {wide_msg}");
        bar.set_style(line.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    /// Shows the amount done so far.
    pub fn amount(&self, amount: String) {
        self.0.set_prefix(amount);
    }

    /// Shows the current step.
    pub fn step(&self, step: String) {
        self.0.set_message(step);
    }
}

impl Drop for ProgressReporter {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// The current status of a resource that changes slowly: a spinner on a terminal, elsewhere one line for each new
/// status. Dropping it clears the spinner.
pub struct ProgressSpinner {
    bar: ProgressBar,
    last: String,
}

impl ProgressSpinner {
    /// Shows nothing until the first [`show`](Self::show).
    pub fn start() -> Self {
        Self {
            bar: ProgressBar::new_spinner(),
            last: String::new(),
        }
    }

    /// Shows `name: status`, if the status has changed.
    pub fn show(&mut self, name: &str, status: &str) {
        if self.last == status {
            return;
        }
        status.clone_into(&mut self.last);
        if self.bar.is_hidden() {
            eprintln!("{name}: {status}");
        } else {
            self.bar.enable_steady_tick(Duration::from_millis(120));
            self.bar.set_message(format!("{name}: {status}"));
        }
    }
}

impl Drop for ProgressSpinner {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
