//! AWS: `AWS_DEFAULT_REGION`. Everything else about it (`AWS_REGION`, `AWS_PROFILE`,
//! `AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, the files below `~/.aws`, a container's or a machine's
//! role) is read by the AWS SDK itself, by its own rules: its documentation holds for it.

use super::Settings;

#[derive(Debug, Clone, Default)]
pub struct AwsConfig {
    /// Used where the SDK finds no region by itself.
    pub region: Option<String>,
}

impl AwsConfig {
    pub fn read(settings: &mut Settings) -> Self {
        Self {
            region: settings.text("AWS_DEFAULT_REGION"),
        }
    }
}
