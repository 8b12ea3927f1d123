//! Log lines on standard error, as text or as JSON. A separate thread writes them in batches, and drops and counts
//! them while the reader of the pipe does not read, so that no request waits for it. `line` formats a line. On a
//! terminal, a banner follows the lines of the start.

mod line;

use std::io::{BufWriter, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::{EnvFilter, dynamic_filter_fn, filter_fn};
use tracing_subscriber::fmt::format::DefaultFields;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{DEFAULT_LOG_FILTER, LogConfig, LogFormat};
use crate::error::{Error, Result};

/// The targets whose lines below WARN are written: this program and the embedded PostgreSQL. At those
/// levels libraries log the parameters of statements, headers and bodies: passwords, tokens, posts.
const TARGETS: [&str; 3] = ["cruddur", "embedded_postgres", "postgres"];

/// The modules whose INFO lines before the banner are left out, because it says the same: the admin token's file, the
/// user of the development identity, a database that is reachable and current.
const TOLD_BY_BANNER: [&str; 2] = ["cruddur::auth", "cruddur::db"];

/// The number of lines buffered for the thread. While the buffer is full, further lines are dropped.
const MAX_BUFFERED_LINES: usize = 8_192;
/// How long the end of the program waits until the buffered lines are written.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// The running log. Dropping it writes the buffered lines, unless the reader does not read.
pub struct Log {
    writer: NonBlocking,
    /// Whether the banner is still to come.
    is_starting: Arc<AtomicBool>,
    worker: Option<WorkerGuard>,
    dropped_lines: ErrorCounter,
}

impl Log {
    /// Counts the lines that were dropped.
    pub fn dropped_lines(&self) -> ErrorCounter {
        self.dropped_lines.clone()
    }

    /// Returns the function that prints the banner after the lines that were written before it.
    pub fn banner_printer(&self) -> impl FnOnce(&str) + Send + 'static {
        let mut writer = self.writer.clone();
        let is_starting = self.is_starting.clone();
        move |banner| {
            // Never an error: the writer drops what it has no room for.
            let _ = writer.write_all(banner.as_bytes());
            is_starting.store(false, Ordering::Relaxed);
        }
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
    let is_quiet = config.has_banner && config.filter == DEFAULT_LOG_FILTER;
    let is_starting = Arc::new(AtomicBool::new(is_quiet));
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(writer.clone());
    let lines = match config.format {
        LogFormat::Text => {
            let is_starting = is_starting.clone();
            let filter = dynamic_filter_fn(move |line, _| {
                let is_told = *line.level() == Level::INFO && is_of(line, &TOLD_BY_BANNER);
                is_written(line) && !(is_told && is_starting.load(Ordering::Relaxed))
            });
            lines
                .with_target(false)
                .fmt_fields(line::TextFields(DefaultFields::new()))
                .with_filter(filter)
                .boxed()
        }
        LogFormat::Json => lines
            .event_format(line::Json)
            .with_filter(filter_fn(is_written))
            .boxed(),
    };
    tracing_subscriber::registry()
        .with(lines)
        .with(filter)
        .try_init()
        .map_err(|error| Error::internal("could not start the log", error))?;
    Ok(Log {
        writer,
        is_starting,
        worker: Some(worker),
        dropped_lines,
    })
}

fn is_written(line: &Metadata<'_>) -> bool {
    *line.level() <= Level::WARN || is_of(line, &TARGETS)
}

fn is_of(line: &Metadata<'_>, targets: &[&str]) -> bool {
    targets
        .iter()
        .any(|target| line.target().starts_with(target))
}
