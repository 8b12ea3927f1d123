//! The connections of the message routes. They are few and their own, so that messages are sent and read while requests
//! for activities wait for a locked table.

use crate::db::Pool;
use crate::error::Result;

/// The number of connections.
pub const CONNECTIONS: usize = 2;

/// The pool of the message routes.
pub struct MessagePool(Pool);

impl MessagePool {
    /// Creates the connection pool without connecting.
    ///
    /// # Errors
    /// The pool cannot be built.
    pub fn new(pool: &Pool) -> Result<Self> {
        Ok(Self(pool.for_requests("messages", CONNECTIONS)?))
    }

    /// The pool.
    pub(super) fn connections(&self) -> &Pool {
        &self.0
    }
}
