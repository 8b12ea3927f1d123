//! What happens when somebody has confirmed their sign-up: they get a row here. It knows nothing of
//! Lambda; `bin/post_confirmation.rs` calls it.

use std::time::Duration;

use serde_json::Value;

use super::model::NewUser;
use super::store;
use crate::db::Pool;
use crate::error::{Error, Result};

/// The other trigger sources, a forgotten password for one, are about people who are here already.
const CONFIRMED_SIGN_UP: &str = "PostConfirmation_ConfirmSignUp";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Cognito waits five seconds.
const TIMEOUT: Duration = Duration::from_secs(4);
/// A connection that has outlived its database is found out by using it.
const TRIES: u32 = 2;

/// Makes the person of a `PostConfirmation` event known here; a repeated event changes nothing.
///
/// # Errors
/// An attribute is missing; the database is away or does not answer within four seconds.
pub async fn confirm_sign_up(pool: &Pool, event: &Value) -> Result<()> {
    if event["triggerSource"] != CONFIRMED_SIGN_UP {
        tracing::info!("nothing to do: no confirmed sign-up");
        return Ok(());
    }
    let attributes = &event["request"]["userAttributes"];
    let new = NewUser::from_attributes(|name| attributes[name].as_str())?;
    let outcome = tokio::time::timeout(TIMEOUT, register(pool, &new)).await;
    outcome
        .unwrap_or_else(|elapsed| Err(late(elapsed)))
        .inspect_err(|_| pool.clear())
}

async fn register(pool: &Pool, new: &NewUser) -> Result<()> {
    let mut tries = 0;
    loop {
        tries += 1;
        match register_once(pool, new).await {
            Err(Error::Unavailable(..)) if tries < TRIES => pool.clear(),
            outcome => return outcome,
        }
    }
}

async fn register_once(pool: &Pool, new: &NewUser) -> Result<()> {
    let db = tokio::time::timeout(CONNECT_TIMEOUT, pool.get())
        .await
        .map_err(late)??;
    let registered = store::register(&db, new).await?;
    tracing::info!(is_new = registered.is_new, "the user is known here");
    Ok(())
}

fn late(elapsed: tokio::time::error::Elapsed) -> Error {
    Error::Unavailable("the database took too long", Some(elapsed.into()))
}
