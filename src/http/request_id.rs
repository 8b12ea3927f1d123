//! The id of the request that the current task serves. The server sets it, and the log writes it into every line.

use actix_web::http::header::HeaderValue;
use tokio::task::futures::TaskLocalFuture;

tokio::task_local! {
    static CURRENT: HeaderValue;
}

/// Runs `work`, in which [`current`] returns this id.
pub fn scope<F: Future>(id: HeaderValue, work: F) -> TaskLocalFuture<HeaderValue, F> {
    CURRENT.scope(id, work)
}

/// Calls the synchronous `work`, in which [`current`] returns this id.
pub fn sync_scope<T>(id: HeaderValue, work: impl FnOnce() -> T) -> T {
    CURRENT.sync_scope(id, work)
}

/// The id of the request that this task serves; `None` in a background task.
pub fn current() -> Option<HeaderValue> {
    CURRENT.try_with(HeaderValue::clone).ok()
}
