//! The body of a response to a read, which may be sent many times.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::changes::snapshot::Snapshot;
use crate::domain::{Cursor, Document};
use crate::error::{Error, Result};

/// An answer that is the same for every client. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The body.
    pub json: Document,
    /// The cursor of the next page, if the answer is a page and another one follows.
    pub next: Option<Cursor>,
    /// The activities of the answer that have reactions.
    pub reacted: Arc<[Uuid]>,
    /// Where a stream goes on after the answer: it shows what lies before this position. `None` if that is not known.
    pub position: Option<Bytes>,
}

/// What a statement says about itself, so that its answer has a position.
#[derive(Debug, Clone)]
pub struct ReadMark {
    /// When the server that ran it was started.
    pub started_at: DateTime<Utc>,
    /// When it began, by the database's clock.
    pub time: DateTime<Utc>,
    /// What it saw.
    pub snapshot: Snapshot,
}

impl ReadMark {
    /// Reads the columns `started_at`, `read_at` and `snapshot`.
    ///
    /// # Errors
    /// A column is missing or has another type.
    pub fn of_row(row: &Row) -> Result<Self> {
        Ok(Self {
            started_at: row.try_get("started_at")?,
            time: row.try_get("read_at")?,
            snapshot: Snapshot::parse(row.try_get("snapshot")?).ok_or_else(|| {
                Error::internal("a snapshot has another form", "it was not parsed")
            })?,
        })
    }
}

impl Answer {
    /// An answer that is no page.
    pub fn of_document(json: Document) -> Self {
        Self {
            json,
            next: None,
            reacted: Arc::default(),
            position: None,
        }
    }
}
