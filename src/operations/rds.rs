//! Database instances on Amazon RDS: their creation from what AWS offers, and the verdict on one. `aws::rds` sends
//! the requests.
//!
//! In reading order: `presets` has the values of a new instance, `offers` replaces those that AWS does not offer,
//! `judgement` judges an instance, `removal` deletes one, `password` replaces its password, `waiting` polls its state.

pub mod cli;
mod judgement;
mod offers;
mod password;
mod presets;
mod removal;
mod waiting;

use chrono::Utc;
use serde::Serialize;

use crate::aws::{DbInstance, Instances, NewInstance, Password};
use crate::error::Result;
use crate::operations::verdict::Verdict;
pub use judgement::Finding;
use judgement::{AuthorityEnd, judge};
pub use offers::{Origin, Origins};
pub use password::{PasswordChange, PasswordReport, reset_password};
pub use presets::{DEFAULT_IDENTIFIER, safe, week_4};
pub use removal::{DeletionReport, FinalSnapshot, delete};
pub use waiting::{existing, wait_for, wait_until_active, wait_until_gone};

/// An instance and the verdict on each of its properties.
#[derive(Debug, Serialize)]
pub struct StatusReport {
    /// The instance.
    #[serde(flatten)]
    pub instance: DbInstance,
    /// The worst of the verdicts.
    pub verdict: Verdict,
    /// A verdict for each property.
    pub findings: Vec<Finding>,
}

/// Describes and judges the instance.
///
/// # Errors
/// It does not exist; AWS refuses or does not answer.
pub async fn status(instances: &Instances, identifier: &str) -> Result<StatusReport> {
    let instance = existing(instances, identifier).await?;
    let authority_end = match &instance.certificate_authority {
        // An operator who may not ask for the authority still gets the rest of the report.
        Some(authority) => match instances.find_authority_end(authority).await {
            Ok(Some(end)) => AuthorityEnd::At(end),
            Ok(None) | Err(_) => AuthorityEnd::Unknown,
        },
        None => AuthorityEnd::Unknown,
    };
    let findings = judge(&instance, authority_end, Utc::now());
    let worst = findings.iter().map(|finding| finding.verdict).max();
    Ok(StatusReport {
        instance,
        verdict: worst.unwrap_or(Verdict::Fine),
        findings,
    })
}

/// Asks AWS what it offers, replaces what a preset has and AWS does not offer, calls `announce` with a sentence for
/// each replacement, and creates the instance.
///
/// # Errors
/// AWS does not offer what the operator named; AWS refuses or does not answer.
pub async fn create(
    instances: &Instances,
    mut new: NewInstance,
    origins: Origins,
    password: &Password,
    announce: impl Fn(&str),
) -> Result<DbInstance> {
    let offers = instances.list_offers(&new).await?;
    let replacements = offers::fit(&mut new, origins, &offers, instances.region())?;
    for replacement in &replacements {
        announce(replacement);
    }
    instances.create(&new, password).await
}
