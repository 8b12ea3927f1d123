//! One log line for each request, with nothing but method, path and status; a query may hold what a
//! person searched for.
//!
//! The lines of one turn of a worker's loop are made together, after its answers: the code that makes
//! a line does not fit into a core's nearest cache beside the code that answers a request. Made one by
//! one they cost home an eighth of its throughput, together half of that (docs/performance.md).

use std::cell::RefCell;
use std::mem;
use std::time::Duration;

use actix_web::http::header::HeaderValue;
use actix_web::http::{Method, StatusCode};
use tokio::task::spawn_local;
use tracing::Level;

use crate::http::request_id;

thread_local! {
    static TURN: RefCell<Turn> = const { RefCell::new(Turn(Vec::new())) };
}

/// A request that was answered.
pub struct Answered {
    pub id: HeaderValue,
    pub method: Method,
    pub path: String,
    pub status: StatusCode,
    pub took: Duration,
}

/// Needs the local tasks of a worker.
pub fn add(answered: Answered) {
    if !tracing::enabled!(Level::INFO) {
        return;
    }
    TURN.with_borrow_mut(|turn| {
        if turn.0.is_empty() {
            spawn_local(async { drop(TURN.with_borrow_mut(mem::take)) });
        }
        turn.0.push(answered);
    });
}

/// Written when it is dropped, so that no line is lost with a worker that ends.
#[derive(Default)]
struct Turn(Vec<Answered>);

impl Drop for Turn {
    fn drop(&mut self) {
        for answered in self.0.drain(..) {
            answered.write();
        }
    }
}

impl Answered {
    fn write(self) {
        let (method, path, status) = (self.method.as_str(), self.path, self.status.as_u16());
        // To the microsecond.
        let milliseconds = (self.took.as_secs_f64() * 1_000_000.0).round() / 1_000.0;
        request_id::served(self.id, || {
            tracing::info!(method, path, status, milliseconds, "answered");
        });
    }
}
