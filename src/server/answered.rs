//! What is told of a request that was answered: a log line, and a span where there are traces. Neither
//! has more than method, path, route and status; a query may hold what a person searched for.
//!
//! That of one turn of a worker's loop is told together, after its answers: the code for it does not fit
//! into a core's nearest cache beside the code that answers a request. Told one by one, the lines alone
//! cost home an eighth of its throughput, together half of that (docs/performance.md).

use std::cell::RefCell;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use actix_web::http::header::HeaderValue;
use actix_web::http::{Method, StatusCode};
use opentelemetry::Context;
use tokio::task::spawn_local;
use tracing::Level;

use super::traces::Traces;
use crate::http::request_id;

thread_local! {
    static TURN: RefCell<Vec<Answered>> = const { RefCell::new(Vec::new()) };
}

/// A request that was answered.
pub struct Answered {
    pub id: HeaderValue,
    pub method: Method,
    pub path: String,
    /// The pattern of the path, where it has one.
    pub route: Option<String>,
    pub status: StatusCode,
    pub took: Duration,
    pub at: SystemTime,
    /// The trace that it belongs to.
    pub parent: Option<Context>,
}

/// Needs the local tasks of a worker.
pub fn tell(answered: Answered, traces: Option<&Arc<Traces>>) {
    if traces.is_none() && !tracing::enabled!(Level::INFO) {
        return;
    }
    let is_first = TURN.with_borrow_mut(|turn| {
        turn.push(answered);
        turn.len() == 1
    });
    if is_first {
        let telling = Telling(traces.cloned());
        spawn_local(async move { drop(telling) });
    }
}

/// The task at the end of a turn. It tells when it is dropped, so that nothing is lost where a worker ends
/// before the task's turn has come.
struct Telling(Option<Arc<Traces>>);

impl Drop for Telling {
    fn drop(&mut self) {
        let turn = TURN.with_borrow_mut(mem::take);
        for answered in &turn {
            answered.log();
        }
        if let Some(traces) = &self.0 {
            for answered in turn {
                traces.record(answered);
            }
        }
    }
}

impl Answered {
    fn log(&self) {
        let (method, path, status) = (self.method.as_str(), &*self.path, self.status.as_u16());
        // To the microsecond.
        let milliseconds = (self.took.as_secs_f64() * 1_000_000.0).round() / 1_000.0;
        request_id::served(self.id.clone(), || {
            tracing::info!(method, path, status, milliseconds, "answered");
        });
    }
}
