//! What operators did through `/admin`: written down where the table exists, kept in memory until it
//! does (an empty database; one that was just dropped), and listed.

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

/// An operator waits no longer for a line in the audit.
const PATIENCE: Duration = Duration::from_secs(1);
/// Calls that wait for their table. The oldest give way; each has its log line.
const UNWRITTEN: usize = 1_000;

/// One call, or the failed sign-ins of one address in one minute.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    pub uuid: Uuid,
    /// `token`, or `cognito:` and the user's id; null for failed sign-ins.
    #[schema(required)]
    pub who: Option<String>,
    pub method: String,
    pub path: String,
    /// Where the call came from.
    pub address: String,
    /// The HTTP status of the answer.
    pub status: i32,
    /// Failed sign-ins of that minute; 1 for a call.
    pub attempts: i32,
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
}

impl AuditEntry {
    pub fn cursor(&self) -> Cursor {
        Cursor {
            created_at: self.created_at,
            uuid: self.uuid,
        }
    }
}

/// A call as it happened.
#[derive(Debug, Clone)]
pub struct Call {
    /// Nobody: a failed sign-in.
    pub who: Option<String>,
    pub method: String,
    pub path: String,
    pub address: String,
    pub status: u16,
    pub at: DateTime<Utc>,
}

/// The book that calls are written into. It has a connection of its own, so that it is written
/// when the pool is busy or closed.
pub struct Audit {
    connector: Connector,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    client: Option<Client>,
    unwritten: VecDeque<Call>,
}

impl Audit {
    pub fn new(connector: Connector) -> Self {
        Self {
            connector,
            state: Mutex::default(),
        }
    }

    /// Writes `call` down, after those that could not be written before. Never fails: what cannot
    /// be written now is written with the next call.
    pub async fn record(&self, call: Call) {
        let mut state = self.state.lock().await;
        if state.unwritten.len() == UNWRITTEN {
            state.unwritten.pop_front();
        }
        state.unwritten.push_back(call);
        match tokio::time::timeout(PATIENCE, self.write(&mut state)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(error = chain(&error), "the audit waits"),
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

async fn insert(client: &Client, call: &Call) -> Result<()> {
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

/// A page, newest first; nothing where the table does not exist yet.
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
