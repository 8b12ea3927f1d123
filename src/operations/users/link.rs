//! Gives users of example data or of a prototype, whose Cognito id is a placeholder, the id of a user of the pool. The
//! report names handles only.

use std::collections::HashMap;

use pg_batch::Lease;
use serde::{Deserialize, Serialize};
use tokio_postgres::{IsolationLevel, Row, Transaction};
use utoipa::ToSchema;
use uuid::Uuid;

use super::user_pool;
use crate::aws::UserPage;
use crate::config::IdentityConfig;
use crate::db::{self, Pool};
use crate::error::{Error, Result};

/// The longest Cognito id, in characters.
const MAX_SUBJECT_CHARS: usize = 128;
/// The beginnings of placeholders, in lower case. The statements in `sql/` have them too.
const PLACEHOLDERS: [&str; 4] = ["mock", "demo:", "prototype:", "deleted:"];

/// Whom to link: the user `handle` with the Cognito id `sub`, or with `all` every user whose handle is the
/// `preferred_username` of one user of the pool.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct UserLinkOptions {
    /// The handle of the user, without the `@`.
    pub handle: Option<String>,
    /// The Cognito id that the user gets.
    pub sub: Option<String>,
    /// Link all users whose Cognito id is a placeholder.
    pub all: bool,
    /// Report what would be linked and change nothing.
    pub dry_run: bool,
    /// If the Cognito id belongs to another user who has written nothing, delete that user first. The trigger inserts such
    /// a user when the handle is not free.
    pub replace_unused: bool,
}

/// The outcome of a call.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct UserLinkReport {
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// The handles of the users that were linked.
    pub linked: Vec<String>,
    /// The handles of the users that had the Cognito id already.
    pub known: Vec<String>,
    /// The users that were not linked.
    pub skipped: Vec<SkippedLink>,
    /// With `all`, the confirmed users of the pool whose `preferred_username` is no handle of a user with a placeholder.
    pub unmatched: usize,
}

/// A user who was not linked.
#[derive(Debug, Serialize, ToSchema)]
pub struct SkippedLink {
    /// The user's handle.
    pub handle: String,
    /// Why the user was not linked.
    pub reason: String,
}

/// The outcome of linking one user.
enum Outcome {
    Linked(String),
    Known(String),
    Refused(String),
}

/// Links one user, or all users of the pool, in one transaction.
///
/// # Errors
/// Options that name neither; a single user who cannot be linked; with `all`, no user pool is configured or AWS refuses
/// a request; the database is unreachable.
pub async fn link(
    identity: &IdentityConfig,
    pool: &Pool,
    options: &UserLinkOptions,
) -> Result<UserLinkReport> {
    match (&options.handle, &options.sub, options.all) {
        (Some(handle), Some(sub), false) => link_one(pool, handle, sub, options).await,
        (None, None, true) => link_all(identity, pool, options).await,
        _ => Err(Error::operator(
            "name a handle and a sub, or all users of the pool",
        )),
    }
}

async fn link_one(
    pool: &Pool,
    handle: &str,
    subject: &str,
    options: &UserLinkOptions,
) -> Result<UserLinkReport> {
    if !is_subject(subject) {
        return Err(Error::operator(
            "the sub is not a Cognito id: it is the attribute `sub` of a user of the pool",
        ));
    }
    let links = [(handle.to_owned(), subject.to_owned())];
    let mut report = link_together(pool, &links, options).await?;
    match report.skipped.pop() {
        Some(SkippedLink { reason, .. }) => Err(Error::operator(reason)),
        None => Ok(report),
    }
}

async fn link_all(
    identity: &IdentityConfig,
    pool: &Pool,
    options: &UserLinkOptions,
) -> Result<UserLinkReport> {
    let handles = pool
        .run(async |db| {
            let statement = include_str!("../sql/list_placeholder_handles.sql");
            let rows = db::rows(db, statement, &[]).await?;
            let handles = rows.iter().map(|row| row.try_get("handle"));
            Ok(handles.collect::<Result<Vec<String>, _>>()?)
        })
        .await?;
    let (mut subjects, unmatched) = find_subjects(identity, &handles).await?;
    let (mut links, mut skipped) = (Vec::new(), Vec::new());
    for handle in handles {
        let found = subjects.remove(&handle.to_ascii_lowercase());
        let reason = match found.unwrap_or_default().as_slice() {
            [] => "no confirmed user of the pool has this preferred_username",
            [subject] => {
                links.push((handle, subject.clone()));
                continue;
            }
            _ => {
                "several users of the pool have this preferred_username: link one of them by its sub"
            }
        };
        skipped.push(SkippedLink {
            handle,
            reason: reason.to_owned(),
        });
    }
    let mut report = link_together(pool, &links, options).await?;
    report.skipped.extend(skipped);
    report.unmatched = unmatched;
    Ok(report)
}

/// The Cognito ids of the confirmed users of the pool by `preferred_username` in lower case, for those that are one of
/// `handles`, and the number of the others.
async fn find_subjects(
    identity: &IdentityConfig,
    handles: &[String],
) -> Result<(HashMap<String, Vec<String>>, usize)> {
    let user_pool = user_pool(identity)?;
    let mut subjects: HashMap<String, Vec<String>> = handles
        .iter()
        .map(|handle| (handle.to_ascii_lowercase(), Vec::new()))
        .collect();
    let (mut unmatched, mut next) = (0, None);
    loop {
        let UserPage { users, next: after } = user_pool.list_users(next).await?;
        for user in users.into_iter().filter(|user| user.is_confirmed) {
            let attribute = |name| user.attributes.get(name).map(String::as_str);
            let name = attribute("preferred_username").unwrap_or_default();
            let subject = attribute("sub").filter(|subject| is_subject(subject));
            match (subjects.get_mut(&name.to_ascii_lowercase()), subject) {
                (Some(found), Some(subject)) => found.push(subject.to_owned()),
                _ => unmatched += 1,
            }
        }
        match after {
            Some(_) => next = after,
            None => return Ok((subjects, unmatched)),
        }
    }
}

/// Links the users with these handles and Cognito ids. A dry run is rolled back.
async fn link_together(
    pool: &Pool,
    links: &[(String, String)],
    options: &UserLinkOptions,
) -> Result<UserLinkReport> {
    let mut report = UserLinkReport {
        dry_run: options.dry_run,
        ..UserLinkReport::default()
    };
    let mut lease = Lease::acquire(pool).await?;
    let transaction = lease
        .connection_mut()
        .build_transaction()
        .isolation_level(IsolationLevel::ReadCommitted)
        .start()
        .await?;
    for (handle, subject) in links {
        match link_user(&transaction, handle, subject, options.replace_unused).await? {
            Outcome::Linked(handle) => report.linked.push(handle),
            Outcome::Known(handle) => report.known.push(handle),
            Outcome::Refused(reason) => report.skipped.push(SkippedLink {
                handle: handle.clone(),
                reason,
            }),
        }
    }
    match options.dry_run {
        true => transaction.rollback().await?,
        false => transaction.commit().await?,
    }
    lease.release(Ok(()))?;
    Ok(report)
}

/// A user whom a link concerns, as `lock_users_to_link.sql` returns them.
struct LockedUser {
    uuid: Uuid,
    handle: String,
    is_target: bool,
    is_linked: bool,
    is_placeholder: bool,
}

async fn link_user(
    db: &Transaction<'_>,
    handle: &str,
    subject: &str,
    replace_unused: bool,
) -> Result<Outcome> {
    // PostgreSQL refuses a text with NUL, and no handle contains one.
    let name = handle.replace('\0', "");
    let statement = include_str!("../sql/lock_users_to_link.sql");
    let rows = db.query(statement, &[&name, &subject]).await?;
    let users: Vec<LockedUser> = rows.iter().map(locked_user).collect::<Result<_>>()?;
    let Some(target) = users.iter().find(|user| user.is_target) else {
        return Ok(Outcome::Refused(format!("no user has the handle {name}")));
    };
    if target.is_linked {
        return Ok(Outcome::Known(target.handle.clone()));
    }
    if !target.is_placeholder {
        let reason = format!("{} is linked to another user of the pool", target.handle);
        return Ok(Outcome::Refused(reason));
    }
    if let Some(holder) = users.iter().find(|user| user.is_linked) {
        let holder_handle = &holder.handle;
        if !replace_unused {
            return Ok(Outcome::Refused(format!(
                "the user of the pool is {holder_handle} here; with --replace-unused (or \"replace_unused\": true) \
                 that user is deleted first, if it has written nothing"
            )));
        }
        let statement = include_str!("../sql/delete_unused_user.sql");
        if db.execute(statement, &[&holder.uuid]).await? == 0 {
            return Ok(Outcome::Refused(format!(
                "the user of the pool is {holder_handle} here, and has written something"
            )));
        }
    }
    let statement = include_str!("../sql/update_subject.sql");
    db.execute(statement, &[&target.uuid, &subject]).await?;
    Ok(Outcome::Linked(target.handle.clone()))
}

fn locked_user(row: &Row) -> Result<LockedUser> {
    Ok(LockedUser {
        uuid: row.try_get("uuid")?,
        handle: row.try_get("handle")?,
        is_target: row.try_get("is_target")?,
        is_linked: row.try_get("is_linked")?,
        is_placeholder: row.try_get("is_placeholder")?,
    })
}

/// Whether the text may be a Cognito id: visible ASCII that is no placeholder.
fn is_subject(text: &str) -> bool {
    let lower_case = text.to_ascii_lowercase();
    (1..=MAX_SUBJECT_CHARS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && !PLACEHOLDERS
            .iter()
            .any(|placeholder| lower_case.starts_with(placeholder))
}
