//! Profiles as answers: from the cache, or read and kept there.

use super::store;
use crate::changes::{Answer, CacheKey, Fresh, WorkerCache};
use crate::db::Pool;
use crate::domain::Document;
use crate::error::{Code, Error, Result};

/// The profile of the user with the handle, in upper or lower case, as JSON.
///
/// # Errors
/// [`Code::UserNotFound`] when no user has the handle.
pub async fn find(handle: &str, pool: &Pool, cache: &WorkerCache) -> Result<Document> {
    if !store::is_legal_handle(handle) {
        return Err(Code::UserNotFound.into());
    }
    let read = async || {
        let found = pool
            .run(async |db| store::find_profile(db, handle).await)
            .await?;
        found.map(fresh).transpose()
    };
    let key = CacheKey::Profile(handle.to_ascii_lowercase().into());
    let answer = cache.answer(key, read).await?;
    Ok(answer.ok_or(Code::UserNotFound)?.json)
}

fn fresh(found: store::FoundProfile) -> Result<Fresh> {
    let json = Document::of(&found.profile)
        .map_err(|error| Error::internal("a profile cannot be serialised", error))?;
    Ok(Fresh::new(Answer::of_document(json), found.dependencies))
}
