//! Deletes a database instance. The operator confirms with its name, RDS keeps a final snapshot unless the operator
//! says otherwise, and an instance that is protected from deletion stays.

use chrono::Utc;
use serde::Serialize;

use super::judgement::modify;
use super::waiting::existing;
use crate::aws::Instances;
use crate::error::{Error, Result};

/// The snapshot that RDS takes before it deletes an instance.
#[derive(Debug, Clone)]
pub enum FinalSnapshot {
    /// With a name made of the instance's name and the time.
    Generated,
    /// With this name.
    Named(String),
    /// None: the data is lost.
    Skipped,
}

/// An instance that RDS deletes.
#[derive(Debug, Serialize)]
pub struct DeletionReport {
    /// The name of the instance.
    pub identifier: String,
    /// `deleting`, or `deleted` after waiting.
    pub status: String,
    /// The name of the final snapshot; null without one.
    pub final_snapshot: Option<String>,
}

/// Deletes the instance if `confirm` is its name and it is not protected.
///
/// # Errors
/// [`Error::Guarded`] without the confirmation or for a protected instance; it does not exist; AWS refuses or does not
/// answer.
pub async fn delete(
    instances: &Instances,
    identifier: &str,
    confirm: Option<&str>,
    snapshot: FinalSnapshot,
) -> Result<DeletionReport> {
    permit(identifier, confirm)?;
    let instance = existing(instances, identifier).await?;
    if instance.deletion_protection {
        return Err(Error::Guarded(format!(
            "refused to delete: {identifier} is protected from deletion; remove the protection first: {}",
            modify(&instance, "--no-deletion-protection")
        )));
    }
    let final_snapshot = match snapshot {
        FinalSnapshot::Generated => {
            let time = Utc::now().format("%Y%m%d-%H%M%S");
            Some(format!("{identifier}-final-{time}"))
        }
        FinalSnapshot::Named(name) => Some(name),
        FinalSnapshot::Skipped => None,
    };
    let deleted = instances
        .delete(identifier, final_snapshot.as_deref())
        .await?;
    Ok(DeletionReport {
        identifier: deleted.identifier,
        status: deleted.status,
        final_snapshot,
    })
}

fn permit(identifier: &str, confirm: Option<&str>) -> Result<()> {
    match confirm {
        Some(name) if name == identifier => Ok(()),
        Some(name) => Err(Error::Guarded(format!(
            "refused to delete: the instance is {identifier}, but {name} was confirmed"
        ))),
        None => Err(Error::Guarded(format!(
            "refused to delete: confirm with the instance's name (--confirm {identifier})"
        ))),
    }
}
