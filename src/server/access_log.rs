//! The access log: one line for each request, and one span if traces are configured.
//!
//! A worker writes the lines of all requests of one event-loop turn together, after their responses, because the code
//! that writes lines and the code that serves requests do not both fit into the innermost cache of a core. Lines
//! written one by one cost home an eighth of its throughput, lines written together half of that
//! (docs/decisions/0009-access-log-per-event-loop-turn.md).

use std::future::ready;
use std::sync::Arc;

use pg_batch::turn::{Flush, Turn};
use tracing::Level;

use super::served_request::ServedRequest;
use super::traces::Traces;
use crate::http::request_id;

thread_local! {
    static TURN: Turn<Records> = Turn::new();
}

/// The requests of one event-loop turn.
struct Records {
    requests: Vec<ServedRequest>,
    traces: Option<Arc<Traces>>,
}

/// Whether requests are recorded at all.
pub fn is_on(traces: Option<&Arc<Traces>>) -> bool {
    traces.is_some() || tracing::enabled!(Level::INFO)
}

/// Records a request at the end of the current event-loop turn. Call it from a worker's local tasks only.
pub fn record(request: ServedRequest, traces: Option<&Arc<Traces>>) {
    let begin = || Records {
        requests: Vec::new(),
        traces: traces.cloned(),
    };
    TURN.with(|turn| turn.gather(begin, |records| records.requests.push(request)));
}

impl Flush for Records {
    /// Writes the lines before it returns, so that none is lost if the worker ends before the future is polled.
    fn flush(self) -> impl Future<Output = ()> + 'static {
        for request in &self.requests {
            write_line(request);
        }
        if let Some(traces) = &self.traces {
            for request in self.requests {
                traces.record(request);
            }
        }
        ready(())
    }
}

fn write_line(request: &ServedRequest) {
    let (method, path) = (request.method.as_str(), &*request.path);
    let status = request.status.as_u16();
    // Rounded to microseconds.
    let milliseconds = (request.duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0;
    let is_served_file = status < 400 && is_file(path);
    request_id::sync_scope(request.id.clone(), || match is_served_file {
        true => tracing::debug!(method, path, status, milliseconds, "answered"),
        false => tracing::info!(method, path, status, milliseconds, "answered"),
    });
}

/// Whether the path is that of a file which a page loads; a page loads thirty of them.
fn is_file(path: &str) -> bool {
    path.starts_with("/assets/")
        || matches!(path, "/favicon.ico" | "/manifest.webmanifest")
        || path
            .strip_prefix("/docs/")
            .is_some_and(|file| file.contains('.'))
}
