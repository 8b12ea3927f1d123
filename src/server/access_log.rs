//! The access log: one line for each request, and one span where traces are configured.
//!
//! A worker writes the lines of one turn of its event loop together, after the responses: their code does not fit into
//! the nearest cache of a core beside the code that serves a request. Written one by one, the lines cost
//! home an eighth of its throughput, together half of that (docs/decisions/0009-access-log-per-event-loop-turn.md).

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

/// The requests of one turn.
struct Records {
    requests: Vec<ServedRequest>,
    traces: Option<Arc<Traces>>,
}

/// Records a request at the end of this turn. Call it from a worker's local tasks only.
pub fn record(request: ServedRequest, traces: Option<&Arc<Traces>>) {
    if traces.is_none() && !tracing::enabled!(Level::INFO) {
        return;
    }
    let begin = || Records {
        requests: Vec::new(),
        traces: traces.cloned(),
    };
    TURN.with(|turn| turn.gather(begin, |records| records.requests.push(request)));
}

impl Flush for Records {
    /// Writes before it returns, so that no line is lost where a worker ends before the turn does.
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
    // To the microsecond.
    let milliseconds = (request.duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0;
    request_id::sync_scope(request.id.clone(), || {
        tracing::info!(method, path, status, milliseconds, "answered");
    });
}
