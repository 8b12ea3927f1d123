//! Gives the master user a new password that no operator and no process of ours ever sees: AWS Secrets Manager generates
//! it, keeps it in a secret, and rotates it.

use serde::Serialize;

use super::waiting::existing;
use crate::aws::Instances;
use crate::error::Result;

/// What happened to the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordChange {
    /// AWS manages it from now on.
    Managed,
    /// AWS managed it already, and generates a new one.
    Rotated,
}

/// The new password's secret.
#[derive(Debug, Serialize)]
pub struct PasswordReport {
    /// The name of the instance.
    pub identifier: String,
    /// What happened.
    pub change: PasswordChange,
    /// The ARN of the secret; null while AWS has not made it.
    pub secret: Option<String>,
    /// `creating`, `rotating`, `active` or `impaired`.
    pub secret_status: Option<String>,
}

/// Lets AWS generate a new password.
///
/// # Errors
/// The instance does not exist or its state does not permit it; AWS refuses or does not answer.
pub async fn reset_password(instances: &Instances, identifier: &str) -> Result<PasswordReport> {
    let instance = existing(instances, identifier).await?;
    let (change, changed) = match instance.secret {
        None => (
            PasswordChange::Managed,
            instances.manage_password(identifier).await?,
        ),
        Some(_) => (
            PasswordChange::Rotated,
            instances.rotate_password(identifier).await?,
        ),
    };
    Ok(PasswordReport {
        identifier: changed.identifier,
        change,
        secret: changed.secret,
        secret_status: changed.secret_status,
    })
}
