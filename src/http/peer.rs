//! Whether the client of a connection has closed its side.

use std::cell::Cell;
use std::rc::Rc;

/// Shared by a connection, which notes the end of what it reads, and the response that it sends.
#[derive(Debug, Clone, Default)]
pub struct PeerState(Rc<Cell<bool>>);

impl PeerState {
    /// Notes that the client sends nothing more.
    pub fn close(&self) {
        self.0.set(true);
    }

    /// Whether the client sends nothing more.
    pub fn is_closed(&self) -> bool {
        self.0.get()
    }
}
