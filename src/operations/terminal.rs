//! Printing for commands: reports on standard output, progress on standard error.

mod output;
mod progress;

pub use output::{Output, print, print_error, print_json};
pub use progress::{ProgressReporter, ProgressSpinner};
