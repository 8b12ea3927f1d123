//! The one form of a time on the wire: RFC 3339, UTC, `Z`, microseconds always.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serializer;

/// `2026-01-31T09:30:00.123456Z`
pub fn text(time: &DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// For `#[serde(with = …)]`.
pub fn serialize<S: Serializer>(time: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&text(time))
}

/// The same for a time that may be missing.
pub mod option {
    use super::{DateTime, Serializer, Utc, text};

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
