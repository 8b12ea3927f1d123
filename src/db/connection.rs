//! A connection that a pool lends, and what statements are run on: it or a transaction. Where a pooler has not applied the
//! session's settings, each statement is a transaction of its own that sets them.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use deadpool_postgres::{ClientWrapper, Object, Transaction};
use tokio::sync::OwnedSemaphorePermit;

use super::health::Health;
use super::session_settings::BEGIN;
use crate::error::Result;

/// Changes a transaction that has just begun.
const READ_ONE_SNAPSHOT: &str = "set transaction isolation level repeatable read, read only";

/// A connection that a [`Pool`](super::Pool) provides; dropping it returns it to the pool.
pub struct Connection {
    object: Object,
    /// The statements that begin a transaction with the session's settings, where the session does not have them.
    begin: Option<Arc<str>>,
    /// Whether [`begin`](Self::begin) has begun a transaction.
    in_transaction: AtomicBool,
    answered: Answered,
    /// To use one of the connections that all pools have together.
    permit: Option<OwnedSemaphorePermit>,
}

/// Notes that the database has answered, when the connection returns to its pool.
struct Answered(Option<Arc<Health>>);

impl Drop for Answered {
    fn drop(&mut self) {
        if let Some(health) = &self.0 {
            health.note_answer();
        }
    }
}

impl Connection {
    pub(super) fn new(
        object: Object,
        begin: Option<Arc<str>>,
        health: Arc<Health>,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self {
            object,
            begin,
            in_transaction: AtomicBool::new(false),
            answered: Answered(Some(health)),
            permit,
        }
    }

    /// Removes the connection from its pool. The permit lives as long as the connection.
    pub(super) fn take(mut self) -> (ClientWrapper, Option<OwnedSemaphorePermit>) {
        self.answered.0 = None;
        (Object::take(self.object), self.permit)
    }

    /// Begins a transaction. The statements that are sent after the first poll belong to it.
    ///
    /// # Errors
    /// The error of the statement.
    pub(super) async fn begin(&self) -> Result<()> {
        self.in_transaction.store(true, Ordering::Relaxed);
        let begin = self.begin.as_deref().unwrap_or(BEGIN);
        Ok(self.object.batch_execute(begin).await?)
    }

    /// Begins a transaction whose statements all see the rows of one snapshot.
    ///
    /// # Errors
    /// The error of a statement.
    pub(super) async fn begin_reading(&self) -> Result<()> {
        self.in_transaction.store(true, Ordering::Relaxed);
        let begin = self.begin.as_deref().unwrap_or(BEGIN);
        let begin = format!("{begin}; {READ_ONE_SNAPSHOT}");
        Ok(self.object.batch_execute(&begin).await?)
    }

    /// Ends the transaction with `commit` or `rollback`.
    ///
    /// # Errors
    /// The error of the statement.
    pub(super) async fn end(&self, statement: &str) -> Result<()> {
        self.in_transaction.store(false, Ordering::Relaxed);
        Ok(self.object.batch_execute(statement).await?)
    }
}

impl Deref for Connection {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        &self.object
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut ClientWrapper {
        &mut self.object
    }
}

/// A connection or a transaction, on which `statement` runs statements.
pub trait GenericClient: Sync {
    /// The type in `deadpool_postgres`.
    type Client: deadpool_postgres::GenericClient;

    /// The connection or transaction of `deadpool_postgres`.
    fn client(&self) -> &Self::Client;

    /// The statements that begin the transaction of a single statement, where it needs one for its settings.
    fn begin_statement(&self) -> Option<&str>;
}

impl GenericClient for Connection {
    type Client = Object;

    fn client(&self) -> &Object {
        &self.object
    }

    fn begin_statement(&self) -> Option<&str> {
        match self.in_transaction.load(Ordering::Relaxed) {
            true => None,
            false => self.begin.as_deref(),
        }
    }
}

impl GenericClient for Transaction<'_> {
    type Client = Self;

    fn client(&self) -> &Self {
        self
    }

    fn begin_statement(&self) -> Option<&str> {
        None
    }
}
