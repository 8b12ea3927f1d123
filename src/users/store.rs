//! One function for each statement of `sql/`; the comment in each file describes the statement and its parameters. A
//! function fails if its statement fails.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use super::model::{NewUser, Profile, ProfileChange, Registered, ShortUser};
use crate::auth::CurrentUser;
use crate::changes::Dependencies;
use crate::db::{self, GenericClient};
use crate::error::{Code, Error, Result};

/// The attempts of one registration; an attempt fails when a concurrent registration takes the same handle.
const TRIES: usize = 20;
/// The longest handle, in characters.
const MAX_HANDLE_CHARS: usize = 30;

/// The user with the handle, in upper or lower case, unless the user is hidden.
pub async fn find_visible_user(db: &impl GenericClient, handle: &str) -> Result<Option<ShortUser>> {
    if !is_legal_handle(handle) {
        return Ok(None);
    }
    let row = db::row(db, include_str!("sql/find_visible_user.sql"), &[&handle]).await?;
    row.as_ref().map(short_user).transpose()
}

/// The user with the handle, in upper or lower case, hidden or not.
pub async fn find_by_handle(db: &impl GenericClient, handle: &str) -> Result<Option<ShortUser>> {
    if !is_legal_handle(handle) {
        return Ok(None);
    }
    let row = db::row(db, include_str!("sql/find_by_handle.sql"), &[&handle]).await?;
    row.as_ref().map(short_user).transpose()
}

/// A profile, and what it depends on.
pub struct FoundProfile {
    /// The profile.
    pub profile: Profile,
    /// For the cache.
    pub dependencies: Dependencies,
}

/// The profile of the user with the handle, in upper or lower case, unless the user is hidden.
pub async fn find_profile(db: &impl GenericClient, handle: &str) -> Result<Option<FoundProfile>> {
    if !is_legal_handle(handle) {
        return Ok(None);
    }
    let row = db::row(db, include_str!("sql/find_profile.sql"), &[&handle]).await?;
    row.as_ref().map(profile).transpose()
}

/// The profiles of the users with legal handles, in the order of `handles`; `None` when no user has the handle.
pub async fn list_profiles(
    db: &impl GenericClient,
    handles: &[&str],
) -> Result<Vec<Option<FoundProfile>>> {
    let rows = db::rows(db, include_str!("sql/list_profiles.sql"), &[&handles]).await?;
    let mut profiles = Vec::new();
    profiles.resize_with(handles.len(), || None);
    for row in &rows {
        let ordinal = usize::try_from(row.try_get::<_, i64>("ordinal")? - 1);
        if let Some(found) = ordinal.ok().and_then(|ordinal| profiles.get_mut(ordinal)) {
            *found = Some(profile(row)?);
        }
    }
    Ok(profiles)
}

/// Sets the display name and the bio of `user`.
///
/// # Errors
/// [`Code::CognitoUserIdBlank`] when the token's user has no row, [`Code::Suspended`].
pub async fn update_profile(
    db: &impl GenericClient,
    user: &CurrentUser,
    change: &ProfileChange,
) -> Result<ShortUser> {
    let row = db::row(
        db,
        include_str!("sql/update_profile.sql"),
        &[&user.subject(), &change.display_name, &change.bio],
    )
    .await?
    .ok_or(Code::CognitoUserIdBlank)?;
    match refusal_of_hidden(&row)? {
        None => short_user(&row),
        Some(code) => Err(code.into()),
    }
}

/// The code with which a write of a hidden user is refused, from the column `hidden_reason`, which is null for other
/// users. A user who has deleted the account is no user any more.
///
/// # Errors
/// The column is missing or has another type.
pub fn refusal_of_hidden(row: &Row) -> Result<Option<Code>> {
    let reason: Option<&str> = row.try_get("hidden_reason")?;
    Ok(reason.map(|reason| match reason {
        "suspended" => Code::Suspended,
        _ => Code::CognitoUserIdBlank,
    }))
}

/// The row of an authenticated user; `None` if it was not inserted yet.
pub async fn find_by_subject(
    db: &impl GenericClient,
    user: &CurrentUser,
) -> Result<Option<ShortUser>> {
    let statement = include_str!("sql/find_by_subject.sql");
    let row = db::row(db, statement, &[&user.subject()]).await?;
    row.as_ref().map(short_user).transpose()
}

/// The user's Cognito id, which is the `sub` of the user's tokens.
pub async fn find_subject(db: &impl GenericClient, user: &ShortUser) -> Result<Option<String>> {
    let row = db::row(db, include_str!("sql/find_subject.sql"), &[&user.uuid]).await?;
    Ok(row.map(|row| row.try_get("cognito_user_id")).transpose()?)
}

/// When the user with the subject has deleted the account; `None` if the user has not, or has a new account.
pub async fn find_deletion(
    db: &impl GenericClient,
    subject: &str,
) -> Result<Option<DateTime<Utc>>> {
    let row = db::row(db, include_str!("sql/find_deletion.sql"), &[&subject]).await?;
    Ok(row.map(|row| row.try_get("deleted_at")).transpose()?)
}

/// The first hundred users by handle, without hidden ones.
pub async fn list_users(db: &impl GenericClient) -> Result<Vec<ShortUser>> {
    let rows = db::rows(db, include_str!("sql/list_users.sql"), &[]).await?;
    rows.iter().map(short_user).collect()
}

/// Inserts the user; changes nothing if a user has the same Cognito id. The handle is the preferred one or, if another
/// user has it, a free one that is derived from it.
///
/// # Errors
/// [`Error::Unavailable`] when concurrent registrations took the handle twenty times.
pub async fn register(db: &impl GenericClient, new: &NewUser) -> Result<Registered> {
    for _ in 0..TRIES {
        let row = db::row(
            db,
            include_str!("sql/register.sql"),
            &[
                &new.subject,
                &new.preferred_handle,
                &new.display_name,
                &new.email,
            ],
        )
        .await?;
        if let Some(row) = row {
            return Ok(Registered {
                handle: row.try_get("handle")?,
                is_new: row.try_get("is_new")?,
            });
        }
    }
    Err(Error::Unavailable(
        "concurrent registrations took the handle",
        None,
    ))
}

/// Whether a user may have that handle. Callers send no other text to the database, which refuses a NUL, for example.
pub fn is_legal_handle(handle: &str) -> bool {
    handle.len() <= MAX_HANDLE_CHARS
        && handle
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn profile(row: &Row) -> Result<FoundProfile> {
    let profile = Profile {
        uuid: row.try_get("uuid")?,
        handle: row.try_get("handle")?,
        display_name: row.try_get("display_name")?,
        bio: row.try_get("bio")?,
        cruds_count: row.try_get("cruds_count")?,
        created_at: row.try_get("created_at")?,
    };
    let mut dependencies = Dependencies::new(row.try_get("started_at")?);
    dependencies.add_user(&profile.handle);
    dependencies.add_cruds(profile.uuid, row.try_get("next_expiry")?);
    Ok(FoundProfile {
        profile,
        dependencies,
    })
}

fn short_user(row: &Row) -> Result<ShortUser> {
    Ok(ShortUser {
        uuid: row.try_get("uuid")?,
        handle: row.try_get("handle")?,
        display_name: row.try_get("display_name")?,
    })
}
