//! The versions and availability zones that RDS offers for an instance class. `operations::rds` chooses from them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Instances, NewInstance};
use crate::aws::error::{Action, explain};
use crate::error::Result;

/// A version of the engine that RDS offers for an instance class and a storage type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The version: `14.12`, …
    pub version: String,
    /// The availability zones in which RDS offers it, in the order of their names.
    pub zones: Vec<String>,
}

impl Instances {
    /// What RDS offers for the engine, class and storage type of `new`. An empty list means that RDS does not know this
    /// combination in the region.
    ///
    /// # Errors
    /// AWS refuses or does not answer.
    pub async fn list_offers(&self, new: &NewInstance) -> Result<Vec<Offer>> {
        let options = self
            .client
            .describe_orderable_db_instance_options()
            .engine(&new.engine)
            .db_instance_class(&new.class)
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await
            .map_err(|error| {
                let action = Action::on_anything("rds:DescribeOrderableDBInstanceOptions");
                explain(&action, error)
            })?;
        let mut offers = BTreeMap::<String, BTreeSet<String>>::new();
        for option in options {
            if option.storage_type() != Some(&new.storage_type) {
                continue;
            }
            let zones = option.availability_zones().iter();
            offers
                .entry(option.engine_version().unwrap_or_default().to_owned())
                .or_default()
                .extend(zones.filter_map(|zone| zone.name().map(str::to_owned)));
        }
        let offers = offers.into_iter().map(|(version, zones)| Offer {
            version,
            zones: zones.into_iter().collect(),
        });
        Ok(offers.collect())
    }

    /// The name of the region.
    pub fn region(&self) -> &str {
        &self.region
    }
}
