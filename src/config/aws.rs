//! AWS: `AWS_DEFAULT_REGION`. The AWS SDK reads the rest itself, as its documentation says:
//! `AWS_REGION`, `AWS_PROFILE`, `AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, the files below `~/.aws`, the
//! role of a container or an instance.

use super::Settings;

#[derive(Debug, Clone, Default)]
pub struct AwsConfig {
    /// Used where the SDK finds no region of its own.
    pub region: Option<String>,
}

impl AwsConfig {
    pub fn read(settings: &mut Settings) -> Self {
        Self {
            region: settings.text("AWS_DEFAULT_REGION"),
        }
    }
}
