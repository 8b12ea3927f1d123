//! Inserts a row for each user of the Cognito user pool that has none, for example because the
//! post-confirmation trigger failed. Changes and deletes no row. `link` gives users of example data a user of the pool.

pub mod cli;
pub mod http;
pub mod link;

use pg_batch::Lease;
use serde::{Deserialize, Serialize};
use tokio_postgres::IsolationLevel;
use utoipa::ToSchema;

use crate::aws::{Attributes, UserPage, UserPool};
use crate::config::IdentityConfig;
use crate::db::Pool;
use crate::error::{Error, Result};
use crate::users::{self, NewUser};

/// How to synchronise the users.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UserSyncOptions {
    /// Report the rows that would be inserted and insert nothing. Reported handles are unique only within one
    /// page of the pool's users.
    pub dry_run: bool,
}

/// The numbers of users in the pool by outcome.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct UserSyncReport {
    /// Whether nothing was inserted.
    pub dry_run: bool,
    /// Users in the pool.
    pub found: usize,
    /// Users that had a row.
    pub known: usize,
    /// Users that got a row.
    pub made: usize,
    /// Users that have not confirmed their sign-up; they get no row.
    pub unconfirmed: usize,
    /// Users that have deleted their account here; they get no row until they sign in again.
    pub deleted: usize,
    /// The `sub` of users without a `preferred_username` or a `name`; they get no row.
    pub incomplete: Vec<String>,
    /// Users whose handle differs from their `preferred_username`.
    pub handles: Vec<ChangedHandle>,
}

/// A user whose handle differs from the `preferred_username`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangedHandle {
    /// The user's `sub`.
    pub cognito_user_id: String,
    /// The `preferred_username`.
    pub in_user_pool: String,
    /// The handle in the database.
    pub here: String,
    /// Whether the row was inserted by this call.
    pub is_new: bool,
}

/// Reads every page of the pool's users and inserts the missing rows. `progress` is called after each
/// page with the number of users read so far.
///
/// # Errors
/// No user pool is configured; AWS refuses a request; the database is unreachable. The pages before the failure are
/// committed, and a repeated call inserts only what is missing.
pub async fn sync(
    identity: &IdentityConfig,
    pool: &Pool,
    options: &UserSyncOptions,
    progress: impl Fn(usize),
) -> Result<UserSyncReport> {
    let user_pool = user_pool(identity)?;
    let mut report = UserSyncReport {
        dry_run: options.dry_run,
        ..UserSyncReport::default()
    };
    let mut next = None;
    loop {
        let UserPage { users, next: after } = user_pool.list_users(next).await?;
        let (confirmed, unconfirmed): (Vec<_>, Vec<_>) =
            users.into_iter().partition(|user| user.is_confirmed);
        report.found += confirmed.len() + unconfirmed.len();
        report.unconfirmed += unconfirmed.len();
        let confirmed = confirmed.into_iter().map(|user| user.attributes);
        sync_page(pool, confirmed, &mut report).await?;
        progress(report.found);
        match after {
            Some(_) => next = after,
            None => return Ok(report),
        }
    }
}

/// The configured user pool.
fn user_pool(identity: &IdentityConfig) -> Result<UserPool> {
    let cognito = identity.cognito.as_ref().ok_or_else(|| {
        Error::operator(
            "no user pool is configured: set AWS_COGNITO_USER_POOL_ID and \
             AWS_COGNITO_USER_POOL_CLIENT_ID",
        )
    })?;
    Ok(UserPool::new(cognito))
}

/// Inserts the missing rows of one page in one transaction, which a dry run rolls back.
async fn sync_page(
    pool: &Pool,
    page: impl Iterator<Item = Attributes>,
    report: &mut UserSyncReport,
) -> Result<()> {
    let mut lease = Lease::acquire(pool).await?;
    let transaction = lease
        .connection_mut()
        .build_transaction()
        .isolation_level(IsolationLevel::ReadCommitted)
        .start()
        .await?;
    for attributes in page {
        let attribute = |name: &str| attributes.get(name).map(String::as_str);
        let Ok(new) = NewUser::from_attributes(attribute) else {
            let subject = attribute("sub").unwrap_or_default().to_owned();
            report.incomplete.push(subject);
            continue;
        };
        if users::find_deletion(&transaction, &new.subject)
            .await?
            .is_some()
        {
            report.deleted += 1;
            continue;
        }
        let registered = users::register(&transaction, &new).await?;
        match registered.is_new {
            true => report.made += 1,
            false => report.known += 1,
        }
        if registered.handle != new.preferred_handle {
            report.handles.push(ChangedHandle {
                cognito_user_id: new.subject,
                in_user_pool: new.preferred_handle,
                here: registered.handle,
                is_new: registered.is_new,
            });
        }
    }
    match report.dry_run {
        true => transaction.rollback().await?,
        false => transaction.commit().await?,
    }
    lease.release(Ok(()))
}
