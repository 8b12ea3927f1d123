//! Log lines on standard error: text for people, JSON for machines.

use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};
use crate::error::{Cause, Error, Result};

/// Libraries that write down what they are given, parameters of statements for one: people's words
/// and addresses. They are never heard below `info`.
const INDISCREET: [&str; 1] = ["tokio_postgres::query"];

/// # Errors
/// Directives in `RUST_LOG` that cannot be read.
pub fn start(config: &LogConfig) -> Result<()> {
    let mut filter = EnvFilter::try_new(&config.filter).map_err(|error| {
        Error::Operator(
            "RUST_LOG holds no directives such as `info`".to_owned(),
            Some(error.into()),
        )
    })?;
    for target in INDISCREET {
        let directive = format!("{target}=info").parse().map_err(|error| {
            Error::internal(
                "the log's own directives cannot be read",
                Cause::from(error),
            )
        })?;
        filter = filter.add_directive(directive);
    }
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = match config.format {
        LogFormat::Text => lines.with_target(false).try_init(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .try_init(),
    };
    started.map_err(|error| Error::internal("the log cannot be started", error))
}
