//! The text form of every timestamp in the API: RFC 3339 in UTC, with `Z` and six digits of microseconds.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serializer;

/// The time as text, such as `2026-01-31T09:30:00.123456Z`.
pub fn text(time: &DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// For `#[serde(with = "timestamp")]`.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(time: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&text(time))
}

/// Serialisation of an optional timestamp.
pub mod option {
    use super::{DateTime, Serializer, Utc, text};

    /// For `#[serde(with = "timestamp::option")]`.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(
        time: &Option<DateTime<Utc>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => to.serialize_some(&text(time)),
            None => to.serialize_none(),
        }
    }
}
