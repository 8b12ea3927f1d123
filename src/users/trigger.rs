//! Inserts a user who has confirmed the sign-up with Cognito, for the Lambda function `bin/post_confirmation.rs`.

use std::time::Duration;

use pg_batch::Lease;
use serde_json::Value;

use super::model::NewUser;
use super::store;
use crate::db::Pool;
use crate::error::{Error, Result};

/// The source of a sign-up's event. Other sources, such as a forgotten password, concern users who have a row.
const CONFIRMED_SIGN_UP: &str = "PostConfirmation_ConfirmSignUp";
/// The time-out of acquiring a database connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// The time-out of the whole invocation, shorter than the five seconds that Cognito waits.
const TIMEOUT: Duration = Duration::from_secs(4);
/// Two, because the first attempt may use a connection of an earlier invocation that the server has closed since.
const TRIES: u32 = 2;

/// The error of both time-outs.
const LATE: &str = "the database did not answer in time";

/// Inserts the user of a `PostConfirmation` event; a repeated event changes nothing.
///
/// # Errors
/// An attribute is missing; the database is unreachable or does not answer within four seconds.
pub async fn confirm_sign_up(pool: &Pool, event: &Value) -> Result<()> {
    if event["triggerSource"] != CONFIRMED_SIGN_UP {
        tracing::info!("nothing to do: the event is not a confirmed sign-up");
        return Ok(());
    }
    let attributes = &event["request"]["userAttributes"];
    let new = NewUser::from_attributes(|name| attributes[name].as_str())?;
    let outcome = tokio::time::timeout(TIMEOUT, register(pool, &new)).await;
    // The next invocation may run in this process; it must not get a broken connection.
    outcome
        .map_err(Error::unavailable(LATE))
        .flatten()
        .inspect_err(|_| pool.retire_all())
}

async fn register(pool: &Pool, new: &NewUser) -> Result<()> {
    let mut tries = 0;
    loop {
        tries += 1;
        match register_once(pool, new).await {
            Err(Error::Unavailable(..)) if tries < TRIES => pool.retire_all(),
            outcome => return outcome,
        }
    }
}

async fn register_once(pool: &Pool, new: &NewUser) -> Result<()> {
    let lease = tokio::time::timeout(CONNECT_TIMEOUT, Lease::acquire(pool))
        .await
        .map_err(Error::unavailable(LATE))??;
    let outcome = store::register(lease.connection(), new).await;
    let registered = lease.release(outcome)?;
    tracing::info!(is_new = registered.is_new, "the user is registered");
    Ok(())
}
