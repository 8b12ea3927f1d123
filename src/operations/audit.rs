//! The audit of the calls of `/admin`. While its table does not exist, before the first migration and
//! after a drop, the calls are kept in memory.

pub mod http;

use std::collections::VecDeque;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::sync::Mutex;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::Connector;
use crate::domain::{Cursor, PageQuery, timestamp};
use crate::error::{Result, chain};

/// The longest time that a call waits until its row is inserted.
const TIMEOUT: Duration = Duration::from_secs(1);
/// The number of calls kept in memory; the oldest is dropped for a further one. The log has every call.
const MAX_UNWRITTEN: usize = 1_000;

/// One call, or the failed sign-ins of one address in one minute.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    /// The id of the entry.
    pub uuid: Uuid,
    /// `token`, or `cognito:` and the user's id; null for failed sign-ins.
    #[schema(required)]
    pub who: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// The path of the request, without the query.
    pub path: String,
    /// The client's IP address.
    pub address: String,
    /// The HTTP status of the response.
    pub status: i32,
    /// Failed sign-ins in that minute; 1 for a call.
    pub attempts: i32,
    /// When the call began, or the minute of the failed sign-ins.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
}

impl AuditEntry {
    /// The cursor of this entry in the list.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            created_at: self.created_at,
            uuid: self.uuid,
        }
    }
}

/// One call of `/admin`.
#[derive(Debug, Clone)]
pub struct AdminCall {
    /// The operator; `None` for a failed sign-in.
    pub who: Option<String>,
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

/// Writes calls into the table `admin_audit`, over a connection of its own, because the pool may be busy
/// or closed.
pub struct AuditLog {
    connector: Connector,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    client: Option<Client>,
    unwritten: VecDeque<AdminCall>,
}

impl AuditLog {
    /// The log connects to the database at the first call.
    pub fn new(connector: Connector) -> Self {
        Self {
            connector,
            state: Mutex::default(),
        }
    }

    /// Inserts the calls that are kept in memory and then `call`. Never fails: a call that cannot be
    /// inserted now is kept in memory and inserted with the next one.
    pub async fn record(&self, call: AdminCall) {
        let mut state = self.state.lock().await;
        if state.unwritten.len() == MAX_UNWRITTEN {
            state.unwritten.pop_front();
        }
        state.unwritten.push_back(call);
        match tokio::time::timeout(TIMEOUT, self.write(&mut state)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::debug!(
                    error = chain(&error),
                    "cannot insert the audit entry; it is kept in memory"
                )
            }
            Err(_) => state.client = None,
        }
    }

    async fn write(&self, state: &mut State) -> Result<()> {
        if state.client.as_ref().is_none_or(Client::is_closed) {
            state.client = Some(self.connector.connect().await?);
        }
        while let (Some(client), Some(call)) = (&state.client, state.unwritten.front()) {
            if let Err(error) = insert(client, call).await {
                if client.is_closed() {
                    state.client = None;
                }
                return Err(error);
            }
            state.unwritten.pop_front();
        }
        Ok(())
    }
}

async fn insert(client: &Client, call: &AdminCall) -> Result<()> {
    let status = i32::from(call.status);
    match &call.who {
        Some(who) => {
            client
                .execute(
                    include_str!("sql/insert_admin_call.sql"),
                    &[
                        who,
                        &call.method,
                        &call.path,
                        &call.address,
                        &status,
                        &call.at,
                    ],
                )
                .await?
        }
        None => {
            client
                .execute(
                    include_str!("sql/count_failed_sign_in.sql"),
                    &[&call.method, &call.path, &call.address, &status, &call.at],
                )
                .await?
        }
    };
    Ok(())
}

/// A page of entries, newest first; empty while the table does not exist.
///
/// # Errors
/// A database that cannot be read.
pub async fn list(connector: &Connector, page: &PageQuery) -> Result<Vec<AuditEntry>> {
    let client = connector.connect().await?;
    let before = page.before();
    let rows = client
        .query(
            include_str!("sql/list_audit.sql"),
            &[&before.created_at, &before.uuid, &page.fetch()],
        )
        .await;
    let rows = match rows {
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => return Ok(Vec::new()),
        rows => rows?,
    };
    rows.iter()
        .map(|row| {
            Ok(AuditEntry {
                uuid: row.try_get("uuid")?,
                who: row.try_get("who")?,
                method: row.try_get("method")?,
                path: row.try_get("path")?,
                address: row.try_get("address")?,
                status: row.try_get("status")?,
                attempts: row.try_get("attempts")?,
                created_at: row.try_get("created_at")?,
            })
        })
        .collect()
}
