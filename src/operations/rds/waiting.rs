//! Polls an instance until it has reached a state. AWS takes five to twenty minutes to create or delete one.

use std::time::Duration;

use crate::aws::{DbInstance, Instances};
use crate::error::{Error, Result};
use crate::operations::poll::Poll;

/// How long to wait for a state.
const TIMEOUT: Duration = Duration::from_secs(60 * 60);
const INTERVAL: Duration = Duration::from_secs(10);

/// The instance with this identifier.
///
/// # Errors
/// It does not exist; AWS refuses or does not answer.
pub async fn existing(instances: &Instances, identifier: &str) -> Result<DbInstance> {
    let found = instances.find(identifier).await?;
    found.ok_or_else(|| instances.missing(identifier))
}

/// Returns when the instance has `status`. Calls `observe` with each state that AWS returns.
///
/// # Errors
/// A final status other than `status`; a timeout after an hour.
pub async fn wait_for(
    instances: &Instances,
    identifier: &str,
    status: &str,
    mut observe: impl FnMut(&DbInstance),
) -> Result<DbInstance> {
    let poll = Poll::every(INTERVAL, TIMEOUT);
    loop {
        let instance = existing(instances, identifier).await?;
        observe(&instance);
        if instance.status == status {
            return Ok(instance);
        }
        let current = &instance.status;
        if is_final(current) {
            return Err(Error::operator(format!(
                "{identifier} is `{current}` and will not become `{status}`: see the events in the \
                 RDS console"
            )));
        }
        if !poll.wait().await {
            return Err(Error::operator(format!(
                "{identifier} is still `{current}` after an hour"
            )));
        }
    }
}

/// Returns when the instance does not exist any more. Calls `observe` with each state that AWS returns.
///
/// # Errors
/// A timeout after an hour; AWS refuses or does not answer.
pub async fn wait_until_gone(
    instances: &Instances,
    identifier: &str,
    mut observe: impl FnMut(&DbInstance),
) -> Result<()> {
    let poll = Poll::every(INTERVAL, TIMEOUT);
    while let Some(instance) = instances.find(identifier).await? {
        observe(&instance);
        if !poll.wait().await {
            return Err(Error::operator(format!(
                "{identifier} is still `{}` after an hour",
                instance.status
            )));
        }
    }
    Ok(())
}

/// Returns the instance when the secret has the master user's new password. Calls `observe` with each state that AWS
/// returns.
///
/// # Errors
/// AWS cannot use the secret; a timeout after an hour; AWS refuses or does not answer.
pub async fn wait_until_active(
    instances: &Instances,
    identifier: &str,
    mut observe: impl FnMut(&DbInstance),
) -> Result<DbInstance> {
    let poll = Poll::every(INTERVAL, TIMEOUT);
    loop {
        let instance = existing(instances, identifier).await?;
        observe(&instance);
        let problem = match instance.secret_status.as_deref() {
            Some("active") if instance.status == "available" => return Ok(instance),
            Some("impaired") => "is `impaired`: check that its key exists and is enabled",
            _ if poll.wait().await => continue,
            _ => "is not active after an hour",
        };
        return Err(Error::operator(format!(
            "the secret of {identifier} {problem}"
        )));
    }
}

/// Whether an instance never leaves this status without an action of the operator.
pub(super) fn is_final(status: &str) -> bool {
    matches!(
        status,
        "failed" | "deleting" | "restore-error" | "storage-full"
    ) || status.starts_with("incompatible-")
        || status.starts_with("inaccessible-")
}
