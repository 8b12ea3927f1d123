//! Who opens a stream, and the keys of its topics.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::store;
use super::tickets::MAX_LENGTH;
use super::topic::{NamedTopic, Topic};
use crate::auth::CurrentUser;
use crate::db::Pool;
use crate::error::{Code, Result};

/// Who opens a stream.
#[derive(Debug, Clone, Copy, Default)]
pub struct StreamViewer {
    /// The user; `None` for an anonymous client.
    pub user: Option<Uuid>,
    /// When the user's token ends.
    pub until: Option<DateTime<Utc>>,
}

impl StreamViewer {
    /// The user of a ticket, which cannot be used again.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] if the ticket cannot be used.
    pub async fn of_ticket(pool: &Pool, ticket: &str) -> Result<Self> {
        if ticket.len() > MAX_LENGTH || ticket.contains('\0') {
            return Err(Code::Unauthenticated.into());
        }
        let holder = pool
            .run(async |db| store::take_ticket(db, ticket).await)
            .await?
            .ok_or(Code::Unauthenticated)?;
        Ok(Self {
            user: Some(holder.user),
            until: holder.token_expires_at,
        })
    }

    /// The user of a token.
    ///
    /// # Errors
    /// [`Code::CognitoUserIdBlank`] if the user has no row.
    pub async fn of_user(pool: &Pool, user: &CurrentUser) -> Result<Self> {
        let uuid = pool
            .run(async |db| store::find_user(db, user).await)
            .await?;
        Ok(Self {
            user: Some(uuid.ok_or(Code::CognitoUserIdBlank)?),
            until: user.token_expires_at(),
        })
    }

    /// The keys of the topics.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] if one needs a user; [`Code::UserNotFound`] if no user has a handle.
    pub async fn topics(&self, pool: &Pool, named: &[NamedTopic]) -> Result<Vec<Topic>> {
        let mut topics = vec![Topic::All];
        let mut handles = Vec::new();
        for topic in named {
            match topic {
                NamedTopic::Home => topics.push(Topic::Home),
                NamedTopic::Activity(uuid) => {
                    topics.extend([Topic::Activity(*uuid), Topic::AnyActivity]);
                }
                NamedTopic::User(handle) => handles.push(&**handle),
                NamedTopic::Notifications => {
                    let user = self.user.ok_or(Code::Unauthenticated)?;
                    topics.extend([Topic::Notifications(user), Topic::AnyNotifications]);
                }
                NamedTopic::Messages => {
                    let user = self.user.ok_or(Code::Unauthenticated)?;
                    topics.extend([Topic::Messages(user), Topic::AnyMessages]);
                }
            }
        }
        if !handles.is_empty() {
            let users = find_users(pool, &handles).await?;
            topics.push(Topic::AnyUser);
            topics.extend(users.into_iter().map(Topic::User));
        }
        topics.sort_unstable();
        topics.dedup();
        Ok(topics)
    }
}

async fn find_users(pool: &Pool, handles: &[&str]) -> Result<Vec<Uuid>> {
    // PostgreSQL refuses a text with NUL, and no handle contains one.
    if handles.iter().any(|handle| handle.contains('\0')) {
        return Err(Code::UserNotFound.into());
    }
    let users = pool
        .run(async |db| store::list_users_by_handles(db, handles).await)
        .await?;
    match users.len() == handles.len() {
        true => Ok(users),
        false => Err(Code::UserNotFound.into()),
    }
}
