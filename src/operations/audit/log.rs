//! Writes the audit in a task of its own, over a connection of its own, because the pool may be busy or closed. While
//! the table does not exist (before the first migration and after a drop), and while the database is unreachable, calls
//! and counts are kept in memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, GenericClient};
use uuid::Uuid;

use crate::auth::{AdminGuard, FailedSignIns};
use crate::db::Connector;
use crate::error::{Error, Result, chain};

/// How long the answer to a call waits until its row is inserted.
const CALL_WAIT: Duration = Duration::from_millis(150);
/// The time between two writes of the failed sign-ins, and between two attempts to write to a database that fails.
const INTERVAL: Duration = Duration::from_secs(2);
/// A statement that takes longer counts as failed, and its connection as broken.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the end of the server waits until everything is written.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);
/// The number of calls kept in memory; the oldest is dropped for a further one. The log has every call.
const MAX_UNWRITTEN: usize = 1_000;

/// One call of an operator.
#[derive(Debug, Clone)]
pub struct AdminCall {
    /// The operator.
    pub who: String,
    /// The HTTP method.
    pub method: String,
    /// The path of the request, without the query.
    pub path: String,
    /// The client's IP address, or `unknown`.
    pub address: String,
    /// The HTTP status of the response.
    pub status: u16,
    /// When the call began.
    pub at: DateTime<Utc>,
}

/// Writes operators' calls and failed sign-ins into the table `admin_audit`.
pub struct AuditLog {
    connector: Connector,
    /// Counts the failed sign-ins.
    guard: Arc<AdminGuard>,
    unwritten: Mutex<Unwritten>,
    has_unwritten: Notify,
    /// The number of the last call that was written.
    written: watch::Sender<u64>,
    writer: tokio::sync::Mutex<Writer>,
}

#[derive(Default)]
struct Unwritten {
    calls: VecDeque<NumberedCall>,
    last_number: u64,
}

#[derive(Clone)]
struct NumberedCall {
    number: u64,
    /// The id of the row, so that a call is not recorded twice where the answer to its insert was lost.
    uuid: Uuid,
    call: AdminCall,
}

#[derive(Default)]
struct Writer {
    client: Option<Client>,
    /// Counts that were taken and could not be written yet.
    failures: Vec<FailedSignIns>,
    /// Whether the last write failed.
    is_failing: bool,
}

impl AuditLog {
    /// The log connects to the database when there is something to write.
    pub fn new(connector: Connector, guard: Arc<AdminGuard>) -> Self {
        Self {
            connector,
            guard,
            unwritten: Mutex::default(),
            has_unwritten: Notify::new(),
            written: watch::Sender::new(0),
            writer: tokio::sync::Mutex::default(),
        }
    }

    /// Hands the call to the task that writes, and waits 150 ms at most until its row is inserted.
    pub async fn record(&self, call: AdminCall) {
        let number = self.push(call);
        self.has_unwritten.notify_one();
        let mut written = self.written.subscribe();
        // After the time the call is answered, and its row is inserted later.
        let _ = timeout(CALL_WAIT, written.wait_for(|last| *last >= number)).await;
    }

    /// Writes calls at once and failed sign-ins every two seconds, until the task is aborted.
    pub async fn write_forever(&self) {
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let with_failures = tokio::select! {
                () = self.has_unwritten.notified() => false,
                _ = ticks.tick() => true,
            };
            self.write(with_failures).await;
        }
    }

    /// Writes what is left when the server stops, within a second.
    pub async fn flush(&self) {
        let rest = async {
            // Counts that could not be written before, and those since.
            self.write(true).await;
            self.write(true).await;
        };
        if timeout(FLUSH_TIMEOUT, rest).await.is_err() {
            tracing::error!("the audit was not written completely before the end");
        }
    }

    fn push(&self, call: AdminCall) -> u64 {
        let mut unwritten = self.unwritten();
        if unwritten.calls.len() == MAX_UNWRITTEN {
            unwritten.calls.pop_front();
        }
        unwritten.last_number += 1;
        let number = unwritten.last_number;
        unwritten.calls.push_back(NumberedCall {
            number,
            uuid: Uuid::new_v4(),
            call,
        });
        number
    }

    fn unwritten(&self) -> MutexGuard<'_, Unwritten> {
        self.unwritten
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes the call that was written, unless the queue was full and has dropped it meanwhile.
    fn pop(&self, number: u64) {
        let mut unwritten = self.unwritten();
        let is_first = |first: &NumberedCall| first.number == number;
        if unwritten.calls.front().is_some_and(is_first) {
            unwritten.calls.pop_front();
        }
    }

    fn first_unwritten(&self) -> Option<NumberedCall> {
        self.unwritten().calls.front().cloned()
    }

    async fn write(&self, with_failures: bool) {
        let writer = &mut *self.writer.lock().await;
        if with_failures && writer.failures.is_empty() {
            writer.failures = self.guard.take_failures();
        }
        let was_failing = writer.is_failing;
        match self.try_write(writer, with_failures).await {
            Ok(()) => writer.is_failing = false,
            // The table is created by the first migration.
            Err(error) if error.sql_state() == Some(&SqlState::UNDEFINED_TABLE) => {
                tracing::debug!("the audit has no table yet; its entries are kept in memory");
            }
            Err(error) => {
                // Its state is unknown.
                writer.client = None;
                writer.is_failing = true;
                if was_failing {
                    tracing::debug!(error = chain(&error), "the audit still cannot be written");
                } else {
                    tracing::error!(
                        error = chain(&error),
                        "the audit cannot be written; its entries are kept in memory"
                    );
                }
            }
        }
    }

    async fn try_write(&self, writer: &mut Writer, with_failures: bool) -> Result<()> {
        while let Some(NumberedCall { number, uuid, call }) = self.first_unwritten() {
            let client = writer.client(&self.connector).await?;
            in_time(insert_call(client, uuid, &call)).await?;
            self.pop(number);
            self.written.send_replace(number);
        }
        if with_failures && !writer.failures.is_empty() {
            let failures = std::mem::take(&mut writer.failures);
            let written = match writer.client(&self.connector).await {
                Ok(client) => in_time(count_failures(client, &failures)).await,
                Err(error) => Err(error),
            };
            if written.is_err() {
                writer.failures = failures;
            }
            written?;
        }
        Ok(())
    }
}

impl Writer {
    /// The connection; a new one if there is none.
    async fn client(&mut self, connector: &Connector) -> Result<&Client> {
        match self.client.take().filter(|client| !client.is_closed()) {
            Some(client) => Ok(self.client.insert(client)),
            None => Ok(self.client.insert(connector.connect().await?)),
        }
    }
}

async fn in_time(statement: impl Future<Output = Result<()>>) -> Result<()> {
    timeout(STATEMENT_TIMEOUT, statement)
        .await
        .map_err(Error::unavailable(
            "the database did not answer the audit in time",
        ))?
}

/// Inserts the row of one call, unless it exists.
///
/// # Errors
/// The statement fails.
pub(super) async fn insert_call(
    client: &impl GenericClient,
    uuid: Uuid,
    call: &AdminCall,
) -> Result<()> {
    client
        // Not prepared under a name: PgBouncer would count a statement that has failed, because there is no table yet, as
        // prepared.
        .execute_typed(
            include_str!("../sql/insert_admin_call.sql"),
            &[
                (&uuid, Type::UUID),
                (&call.who, Type::TEXT),
                (&call.method, Type::TEXT),
                (&call.path, Type::TEXT),
                (&call.address, Type::TEXT),
                (&i32::from(call.status), Type::INT4),
                (&call.at, Type::TIMESTAMPTZ),
            ],
        )
        .await?;
    Ok(())
}

async fn count_failures(client: &Client, failures: &[FailedSignIns]) -> Result<()> {
    let texts = |text: fn(&FailedSignIns) -> &str| failures.iter().map(text).collect::<Vec<_>>();
    let numbers =
        |number: fn(&FailedSignIns) -> i32| -> Vec<i32> { failures.iter().map(number).collect() };
    let times: Vec<DateTime<Utc>> = failures.iter().map(|failure| failure.first_at).collect();
    client
        .execute_typed(
            include_str!("../sql/count_failed_sign_ins.sql"),
            &[
                (&texts(|failure| &failure.method), Type::TEXT_ARRAY),
                (&texts(|failure| &failure.path), Type::TEXT_ARRAY),
                (&texts(|failure| &failure.network), Type::TEXT_ARRAY),
                (
                    &numbers(|failure| i32::from(failure.status)),
                    Type::INT4_ARRAY,
                ),
                (&numbers(|failure| failure.attempts), Type::INT4_ARRAY),
                (&times, Type::TIMESTAMPTZ_ARRAY),
            ],
        )
        .await?;
    Ok(())
}
