//! Chooses the version and the availability zone of a new instance from what RDS offers.

use crate::aws::{NewInstance, Offer};
use crate::error::{Error, Result};

/// Where a value of a new instance comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The operator named it with a flag.
    Flag,
    /// A preset, whose values other ones may replace.
    Preset,
}

/// The origins of the values that RDS may not offer.
#[derive(Debug, Clone, Copy)]
pub struct Origins {
    /// The version of the engine.
    pub version: Origin,
    /// The availability zone.
    pub zone: Origin,
}

/// Replaces the version and zone of a preset that RDS does not offer, and returns a sentence for each replacement.
///
/// # Errors
/// RDS does not offer the combination of engine, class and storage, or a value that the operator named.
pub fn fit(
    new: &mut NewInstance,
    origins: Origins,
    offers: &[Offer],
    region: &str,
) -> Result<Vec<String>> {
    if offers.is_empty() {
        return Err(Error::operator(format!(
            "AWS offers no {} on {} with {} storage in {region}: choose another class with --db-instance-class, or \
             another --storage-type",
            new.engine, new.class, new.storage_type
        )));
    }
    let version = fit_version(new, origins.version, offers)?;
    let zone = fit_zone(new, origins.zone, offers, region)?;
    Ok(version.into_iter().chain(zone).collect())
}

fn fit_version(new: &mut NewInstance, origin: Origin, offers: &[Offer]) -> Result<Option<String>> {
    let wanted = new.engine_version.clone();
    if offers.iter().any(|offer| offer.is(&wanted)) {
        return Ok(None);
    }
    let major = wanted.split('.').next().unwrap_or(&wanted);
    let mut of_major: Vec<&str> = offers
        .iter()
        .filter(|offer| offer.is(major))
        .map(|offer| offer.version.as_str())
        .collect();
    of_major.sort_by_key(|version| numbers(version));
    match (origin, of_major.first()) {
        (Origin::Preset, Some(oldest)) => {
            new.engine_version = (*oldest).to_owned();
            Ok(Some(format!(
                "AWS no longer offers {} {wanted}: the preset takes {oldest}, the oldest {major}.x on offer",
                new.engine
            )))
        }
        (_, found) => {
            let listed = match found {
                Some(_) => of_major.join(", "),
                None => majors(offers).join(", "),
            };
            Err(Error::operator(format!(
                "AWS does not offer {} {wanted} on {}: choose one of {listed} with --engine-version",
                new.engine, new.class
            )))
        }
    }
}

fn fit_zone(
    new: &mut NewInstance,
    origin: Origin,
    offers: &[Offer],
    region: &str,
) -> Result<Option<String>> {
    let Some(wanted) = new.availability_zone.clone() else {
        return Ok(None);
    };
    let mut zones: Vec<&str> = offers
        .iter()
        .filter(|offer| offer.is(&new.engine_version))
        .flat_map(|offer| offer.zones.iter().map(String::as_str))
        .collect();
    zones.sort_unstable();
    zones.dedup();
    if zones.contains(&wanted.as_str()) {
        return Ok(None);
    }
    if origin == Origin::Preset {
        new.availability_zone = None;
        return Ok(Some(format!(
            "AWS does not offer this in the zone {wanted} of the preset: it chooses a zone of {region}"
        )));
    }
    Err(Error::operator(format!(
        "AWS does not offer {} {} on {} in the zone {wanted}: choose one of {} with --availability-zone",
        new.engine,
        new.engine_version,
        new.class,
        zones.join(", ")
    )))
}

impl Offer {
    /// Whether this is the version `wanted`, or a minor version of it.
    fn is(&self, wanted: &str) -> bool {
        let rest = self.version.strip_prefix(wanted);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

/// The major versions on offer, the oldest first.
fn majors(offers: &[Offer]) -> Vec<String> {
    let mut majors: Vec<u32> = offers
        .iter()
        .filter_map(|offer| numbers(&offer.version).first().copied())
        .collect();
    majors.sort_unstable();
    majors.dedup();
    majors.iter().map(u32::to_string).collect()
}

/// The numbers of a version, which order 14.9 before 14.12.
fn numbers(version: &str) -> Vec<u32> {
    version
        .split('.')
        .filter_map(|number| number.parse().ok())
        .collect()
}
