//! The region of AWS: `AWS_DEFAULT_REGION`. The AWS SDK reads all other settings itself:
//! `AWS_REGION`, `AWS_PROFILE`, `AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, the files below `~/.aws`, the
//! role of a container or an instance.

use super::Settings;

/// The settings of requests to AWS.
#[derive(Debug, Clone, Default)]
pub struct AwsConfig {
    /// The region where the SDK finds no other one.
    pub region: Option<String>,
}

impl AwsConfig {
    /// Reads the region.
    pub fn read(settings: &mut Settings) -> Self {
        Self {
            region: settings.text("AWS_DEFAULT_REGION"),
        }
    }
}
