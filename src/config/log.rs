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
}

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
        let default = if std::io::stderr().is_terminal() {
            LogFormat::Text
        } else {
            LogFormat::Json
        };
        Self {
            format: settings
                .parse("LOG_FORMAT", "`text` or `json`")
                .unwrap_or(default),
            filter: settings
                .text("RUST_LOG")
                .unwrap_or_else(|| "info".to_owned()),
        }
    }
}
