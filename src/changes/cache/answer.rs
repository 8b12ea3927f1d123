//! The body of a response to a read, which may be sent many times.

use std::sync::Arc;

use uuid::Uuid;

use crate::domain::{Cursor, Document};

/// An answer that is the same for every client. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The body.
    pub json: Document,
    /// The cursor of the next page, if the answer is a page and another one follows.
    pub next: Option<Cursor>,
    /// The activities of the answer that have reactions.
    pub reacted: Arc<[Uuid]>,
}

impl Answer {
    /// An answer that is no page.
    pub fn of_document(json: Document) -> Self {
        Self {
            json,
            next: None,
            reacted: Arc::default(),
        }
    }
}
