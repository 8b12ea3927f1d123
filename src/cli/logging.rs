//! Log lines on standard error, as text or as JSON. A separate thread writes them in batches, and drops and counts
//! them while the reader of the pipe does not read, so that no request waits for it. `line` formats a line.

mod line;

use std::io::{BufWriter, IsTerminal};
use std::sync::mpsc::channel;
use std::time::Duration;

use tracing::Level;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::fmt::format::DefaultFields;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogConfig, LogFormat};
use crate::error::{Error, Result};

/// The targets whose lines below WARN are written: this program and the embedded PostgreSQL. At those
/// levels libraries log the parameters of statements, headers and bodies: passwords, tokens, posts.
const TARGETS: [&str; 3] = ["cruddur", "embedded_postgres", "postgres"];

/// The number of lines buffered for the thread. While the buffer is full, further lines are dropped.
const MAX_BUFFERED_LINES: usize = 8_192;
/// How long the end of the program waits until the buffered lines are written.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// The running log. Dropping it writes the buffered lines, unless the reader does not read.
pub struct Log {
    worker: Option<WorkerGuard>,
    dropped_lines: ErrorCounter,
}

impl Log {
    /// Counts the lines that were dropped.
    pub fn dropped_lines(&self) -> ErrorCounter {
        self.dropped_lines.clone()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let worker = self.worker.take();
        let (ended, end) = channel::<()>();
        // The guard prints to standard output when it cannot write the lines, and that may be the same pipe.
        std::thread::spawn(move || {
            drop(worker);
            drop(ended);
        });
        // The value does not matter: it disconnects when the lines are written, or the time is over.
        let _ = end.recv_timeout(FLUSH_TIMEOUT);
    }
}

/// Starts the log.
///
/// # Errors
/// Directives in `RUST_LOG` that cannot be read.
pub fn start(config: &LogConfig) -> Result<Log> {
    let filter = EnvFilter::try_new(&config.filter).map_err(|error| {
        Error::Operator(
            "RUST_LOG is not a list of directives such as `info`".to_owned(),
            Some(error.into()),
        )
    })?;
    let (writer, worker) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(MAX_BUFFERED_LINES)
        .thread_name("log")
        .finish(BufWriter::new(std::io::stderr()));
    let dropped_lines = writer.error_counter();
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
    Ok(Log {
        worker: Some(worker),
        dropped_lines,
    })
}
