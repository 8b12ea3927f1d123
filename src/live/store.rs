//! One function for each statement of `sql/`; the comment in each file describes the statement and its parameters. A
//! function fails if its statement fails.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::auth::CurrentUser;
use crate::db::{self, GenericClient};
use crate::error::{Code, Result};

/// The names of a user.
pub struct Names {
    /// The user.
    pub uuid: Uuid,
    /// The handle.
    pub handle: String,
    /// The display name.
    pub display_name: String,
    /// Whether the user has written anything.
    pub has_activities: bool,
}

/// What a ticket is good for.
pub struct TicketHolder {
    /// The user.
    pub user: Uuid,
    /// When the user's token ends; `None` for the development identity without a token.
    pub token_expires_at: Option<DateTime<Utc>>,
}

/// The activities with these ids that can be read, without replies; each has its author in `user_uuid`.
pub async fn list_shown_activities(db: &impl GenericClient, uuids: &[Uuid]) -> Result<Vec<Row>> {
    let statement = include_str!("sql/list_shown_activities.sql");
    db::rows(db, statement, &[&uuids]).await
}

/// Those of the users who are hidden.
pub async fn list_hidden_users(db: &impl GenericClient, users: &[Uuid]) -> Result<Vec<Uuid>> {
    let rows = db::rows(db, include_str!("sql/list_hidden_users.sql"), &[&users]).await?;
    uuids(&rows, "user_uuid")
}

/// The names of those of the users who are not hidden.
pub async fn list_names(db: &impl GenericClient, users: &[Uuid]) -> Result<Vec<Names>> {
    let rows = db::rows(db, include_str!("sql/list_names.sql"), &[&users]).await?;
    let names = rows.iter().map(|row| {
        Ok(Names {
            uuid: row.try_get("uuid")?,
            handle: row.try_get("handle")?,
            display_name: row.try_get("display_name")?,
            has_activities: row.try_get("has_activities")?,
        })
    });
    names.collect()
}

/// The id of the user of a token; `None` if the user has no row.
pub async fn find_user(db: &impl GenericClient, user: &CurrentUser) -> Result<Option<Uuid>> {
    let row = db::row(db, include_str!("sql/find_user.sql"), &[&user.subject()]).await?;
    Ok(row.map(|row| row.try_get("uuid")).transpose()?)
}

/// The users with these handles, in lower case, who are not hidden.
pub async fn list_users_by_handles(db: &impl GenericClient, handles: &[&str]) -> Result<Vec<Uuid>> {
    let statement = include_str!("sql/list_users_by_handles.sql");
    uuids(&db::rows(db, statement, &[&handles]).await?, "uuid")
}

/// Keeps a ticket of the user, and returns when it can no longer be used.
///
/// # Errors
/// [`Code::CognitoUserIdBlank`] when the token's user has no row.
pub async fn insert_ticket(
    db: &impl GenericClient,
    user: &CurrentUser,
    ticket: &str,
) -> Result<DateTime<Utc>> {
    let row = db::row(
        db,
        include_str!("sql/insert_ticket.sql"),
        &[&user.subject(), &ticket, &user.token_expires_at()],
    )
    .await?
    .ok_or(Code::CognitoUserIdBlank)?;
    Ok(row.try_get("expires_at")?)
}

/// Takes a ticket, so that it cannot be used again; `None` if it cannot be used.
pub async fn take_ticket(db: &impl GenericClient, ticket: &str) -> Result<Option<TicketHolder>> {
    let row = db::row(db, include_str!("sql/take_ticket.sql"), &[&ticket]).await?;
    let holder = row.map(|row| {
        Ok(TicketHolder {
            user: row.try_get("user_uuid")?,
            token_expires_at: row.try_get("token_expires_at")?,
        })
    });
    holder.transpose()
}

/// Deletes `limit` tickets at most that can no longer be used, and returns their number.
pub async fn delete_old_tickets(db: &impl GenericClient, limit: i64) -> Result<u64> {
    db::execute(db, include_str!("sql/delete_old_tickets.sql"), &[&limit]).await
}

fn uuids(rows: &[Row], column: &str) -> Result<Vec<Uuid>> {
    rows.iter().map(|row| Ok(row.try_get(column)?)).collect()
}
