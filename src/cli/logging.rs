//! Log lines on standard error: text for people, JSON for machines. A thread of its own writes them,
//! many at once where many come, so that no request waits for the pipe. What a line looks like stands
//! in `line`.

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

/// Whose lines below WARN are written: the program's and the embedded PostgreSQL's. Libraries are
/// chatty, and in their details stand the parameters of statements, headers and bodies: passwords,
/// tokens and what people wrote.
const OURS: [&str; 3] = ["cruddur", "embedded_postgres", "postgres"];

/// Lines that wait for the thread; whoever has one more waits too, for none is lost.
const WAITING_LINES: usize = 8_192;

/// Writes until the returned value is dropped, which writes what is left.
///
/// # Errors
/// Directives in `RUST_LOG` that cannot be read.
pub fn start(config: &LogConfig) -> Result<WorkerGuard> {
    let filter = EnvFilter::try_new(&config.filter).map_err(|error| {
        Error::Operator(
            "RUST_LOG holds no directives such as `info`".to_owned(),
            Some(error.into()),
        )
    })?;
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(false)
        .buffered_lines_limit(WAITING_LINES)
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
    let ours = filter_fn(|line| {
        *line.level() <= Level::WARN || OURS.iter().any(|target| line.target().starts_with(target))
    });
    tracing_subscriber::registry()
        .with(lines.with_filter(ours))
        .with(filter)
        .try_init()
        .map_err(|error| Error::internal("the log cannot be started", error))?;
    Ok(guard)
}
