//! The format and filter of the log: `LOG_FORMAT`, `RUST_LOG`. The log always goes to standard error.

use std::io::IsTerminal;
use std::str::FromStr;

use super::Settings;

/// The format and filter of the log.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// The format of a line.
    pub format: LogFormat,
    /// Directives of tracing's `EnvFilter`.
    pub filter: String,
    /// Whether the log is text on a terminal. Then the start ends with a banner.
    pub has_banner: bool,
}

/// The filter without `RUST_LOG`.
pub const DEFAULT_LOG_FILTER: &str = "info";

/// The format of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Readable text, the default on a terminal.
    Text,
    /// A JSON object.
    Json,
}

impl FromStr for LogFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(()),
        }
    }
}

impl LogConfig {
    /// Reads the format and the filter.
    pub fn read(settings: &mut Settings) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let default = match is_terminal {
            true => LogFormat::Text,
            false => LogFormat::Json,
        };
        let format = settings
            .parse("LOG_FORMAT", "`text` or `json`")
            .unwrap_or(default);
        Self {
            format,
            filter: settings
                .text("RUST_LOG")
                .unwrap_or_else(|| DEFAULT_LOG_FILTER.to_owned()),
            has_banner: is_terminal && format == LogFormat::Text,
        }
    }
}
