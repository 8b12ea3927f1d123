//! The id of the request that is being served, for every log line on the way. Who makes the id is the
//! server's business, what a line looks like the command line's.

use actix_web::http::header::HeaderValue;
use tokio::task::futures::TaskLocalFuture;

tokio::task_local! {
    static CURRENT: HeaderValue;
}

/// Does `work` for the request with this id.
pub fn serving<F: Future>(id: HeaderValue, work: F) -> TaskLocalFuture<HeaderValue, F> {
    CURRENT.scope(id, work)
}

/// Does `work`, which waits for nothing, for the request with this id.
pub fn served<T>(id: HeaderValue, work: impl FnOnce() -> T) -> T {
    CURRENT.sync_scope(id, work)
}

/// The id of the request that this task serves, if it serves one.
pub fn current() -> Option<HeaderValue> {
    CURRENT.try_with(HeaderValue::clone).ok()
}
