//! The settings that the server runs with.

pub mod http;

use serde::Serialize;
use utoipa::ToSchema;

use crate::config::{SettingInForce, SettingSource};

/// A setting and its value.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettingReport {
    /// The setting's name.
    pub name: &'static str,
    /// The section of the settings' reference page.
    pub section: &'static str,
    /// The value, or the documented default; null for a secret and where there is no default.
    #[schema(required)]
    pub value: Option<String>,
    /// Whether the value is a secret, which is never shown.
    pub secret: bool,
    /// Where the value came from: `flag`, `environment`, `file` or `default`.
    pub source: &'static str,
}

/// The settings in the order of the reference page.
pub fn list(settings: &[SettingInForce]) -> Vec<SettingReport> {
    settings.iter().map(report).collect()
}

fn report(setting: &SettingInForce) -> SettingReport {
    SettingReport {
        name: setting.name,
        section: setting.section,
        value: setting.value.clone(),
        secret: setting.secret,
        source: match setting.source {
            SettingSource::Flag => "flag",
            SettingSource::Environment => "environment",
            SettingSource::File => "file",
            SettingSource::Default => "default",
        },
    }
}
