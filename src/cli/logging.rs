//! Log lines on standard error, as text or as JSON. A separate thread writes them in batches, so that no
//! request waits for the pipe. `line` formats a line.

mod line;

use std::io::{BufWriter, IsTerminal};

use tracing::Level;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::fmt::format::DefaultFields;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogConfig, LogFormat};
use crate::error::{Error, Result};

/// The targets whose lines below WARN are written: this program and the embedded PostgreSQL. At those
/// levels libraries log the parameters of statements, headers and bodies: passwords, tokens, posts.
const TARGETS: [&str; 3] = ["cruddur", "embedded_postgres", "postgres"];

/// The number of lines buffered for the thread. While the buffer is full, logging blocks, so that no line is lost.
const MAX_BUFFERED_LINES: usize = 8_192;

/// Starts the log. Dropping the returned guard writes the buffered lines and ends the log.
///
/// # Errors
/// Directives in `RUST_LOG` that cannot be read.
pub fn start(config: &LogConfig) -> Result<WorkerGuard> {
    let filter = EnvFilter::try_new(&config.filter).map_err(|error| {
        Error::Operator(
            "RUST_LOG is not a list of directives such as `info`".to_owned(),
            Some(error.into()),
        )
    })?;
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(false)
        .buffered_lines_limit(MAX_BUFFERED_LINES)
        .thread_name("log")
        .finish(BufWriter::new(std::io::stderr()));
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(writer);
    let lines = match config.format {
        LogFormat::Text => lines
            .with_target(false)
            .fmt_fields(line::TextFields(DefaultFields::new()))
            .boxed(),
        LogFormat::Json => lines.event_format(line::Json).boxed(),
    };
    let targets = filter_fn(|line| {
        *line.level() <= Level::WARN
            || TARGETS
                .iter()
                .any(|target| line.target().starts_with(target))
    });
    tracing_subscriber::registry()
        .with(lines.with_filter(targets))
        .with(filter)
        .try_init()
        .map_err(|error| Error::internal("could not start the log", error))?;
    Ok(guard)
}
