//! The audit of the calls of `/admin`: its entries. `log` writes them.

pub mod http;
mod log;

use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_postgres::Transaction;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::Connector;
use crate::domain::{Cursor, PageQuery, timestamp};
use crate::error::Result;
pub use log::{AdminCall, AuditLog};

/// One call, or the failed sign-ins of one network in one minute.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    /// The id of the entry.
    pub uuid: Uuid,
    /// `token`, or `cognito:` and the user's id; `command` for the command line; null for failed sign-ins.
    #[schema(required)]
    pub who: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// The path of the request, without the query.
    pub path: String,
    /// The client's IP address, or `command line`; for failed sign-ins its IPv4 address, its IPv6 /64, or
    /// `other networks`.
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

/// Records in the transaction of a command the method and the path of the route that does the same.
///
/// # Errors
/// The statement fails.
pub async fn insert_command(transaction: &Transaction<'_>, method: &str, path: &str) -> Result<()> {
    let call = AdminCall {
        who: "command".to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        address: "command line".to_owned(),
        status: StatusCode::OK.as_u16(),
        at: Utc::now(),
    };
    log::insert_call(transaction, Uuid::new_v4(), &call).await
}

/// Which entries are listed; `None` for all.
#[derive(Debug, Default)]
pub struct AuditFilter {
    /// Those with this name.
    pub who: Option<String>,
    /// Those of requests with this method.
    pub method: Option<String>,
    /// Those of requests whose path begins so.
    pub path: Option<String>,
    /// Those of requests that failed, or of those that did not.
    pub failed: Option<bool>,
}

/// A page of entries, newest first; empty while the table does not exist.
///
/// # Errors
/// A database that cannot be read.
pub async fn list(
    connector: &Connector,
    page: &PageQuery,
    filter: &AuditFilter,
) -> Result<Vec<AuditEntry>> {
    let client = connector.connect().await?;
    let before = page.before();
    let rows = client
        .query_typed(
            include_str!("sql/list_audit.sql"),
            &[
                (&before.created_at, Type::TIMESTAMPTZ),
                (&before.uuid, Type::UUID),
                (&page.fetch(), Type::INT8),
                (&filter.who, Type::TEXT),
                (&filter.method, Type::TEXT),
                (&filter.path, Type::TEXT),
                (&filter.failed, Type::BOOL),
            ],
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
