//! Brings the users of the user pool here: whom the trigger has missed gets a row. Nobody's row is
//! changed or removed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::aws::{Attributes, UserPage, UserPool};
use crate::config::IdentityConfig;
use crate::db::Pool;
use crate::error::{Error, Result};
use crate::users::{self, NewUser};

/// How to synchronise.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Only say what would be done. Handles are those that a page of users would get by itself.
    pub dry_run: bool,
}

/// What was found in the user pool, and what was done.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Report {
    pub dry_run: bool,
    /// Users in the pool.
    pub found: usize,
    /// Those who have had a row here.
    pub known: usize,
    /// Those who got one.
    pub made: usize,
    /// Those who have not confirmed their sign-up yet: they get none.
    pub unconfirmed: usize,
    /// Those who have no `preferred_username` or no `name`, by their `sub`: they get none.
    pub incomplete: Vec<String>,
    /// Those whose handle here is not the `preferred_username` that they have in the pool.
    pub handles: Vec<ChangedHandle>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ChangedHandle {
    pub cognito_user_id: String,
    pub in_user_pool: String,
    pub here: String,
    /// They got it just now; else they have had it.
    pub is_new: bool,
}

/// Reads every page of the pool's users and makes the rows that are missing. `progress` is told
/// after each page how many users it has seen.
///
/// # Errors
/// No user pool is configured; AWS refuses; the database is away. What was done until then stays
/// done, and doing it again goes on from there.
pub async fn sync(
    identity: &IdentityConfig,
    pool: &Pool,
    options: &Options,
    progress: impl Fn(usize),
) -> Result<Report> {
    let cognito = identity.cognito.as_ref().ok_or_else(|| {
        Error::operator(
            "no user pool is configured: set AWS_COGNITO_USER_POOL_ID and \
             AWS_COGNITO_USER_POOL_CLIENT_ID",
        )
    })?;
    let user_pool = UserPool::new(cognito);
    let mut report = Report {
        dry_run: options.dry_run,
        ..Report::default()
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

/// One transaction, so that a dry run can do it all and take it back.
async fn sync_page(
    pool: &Pool,
    page: impl Iterator<Item = Attributes>,
    report: &mut Report,
) -> Result<()> {
    let mut db = pool.get().await?;
    let transaction = db.transaction().await?;
    for attributes in page {
        let attribute = |name: &str| attributes.get(name).map(String::as_str);
        let Ok(new) = NewUser::from_attributes(attribute) else {
            let subject = attribute("sub").unwrap_or_default().to_owned();
            report.incomplete.push(subject);
            continue;
        };
        let registered = users::register(&transaction, &new).await?;
        match registered.is_new {
            true => report.made += 1,
            false => report.known += 1,
        }
        if registered.handle != new.wished_handle {
            report.handles.push(ChangedHandle {
                cognito_user_id: new.subject,
                in_user_pool: new.wished_handle,
                here: registered.handle,
                is_new: registered.is_new,
            });
        }
    }
    match report.dry_run {
        true => transaction.rollback().await?,
        false => transaction.commit().await?,
    }
    Ok(())
}
