//! Amazon Web Services: clients with one set of time-outs and retries, and answers in our own
//! words. What is asked of AWS, and when, is decided in `ops`.
//!
//! In reading order: `public_address` asks who we are, `ec2` changes the security-group rule, `rds`
//! looks after instances, `iam_token` signs in to a database, `cognito` asks the user pool, `error`
//! explains.

mod cognito;
mod ec2;
mod error;
mod iam_token;
mod public_address;
mod rds;

use std::time::Duration;

use aws_config::meta::region::RegionProviderChain;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};

pub use cognito::{Attributes, UserPage, UserPool};
pub use ec2::{Answer, Rule, SecurityGroups, Wanted};
pub use iam_token::TokenSigner;
pub use public_address::find_public_address;
pub use rds::{DbInstance, Instances, NewInstance, Password};

use crate::config::AwsConfig;
use crate::error::{Error, Result};

/// How often a request is tried that AWS throttles or does not answer.
const TRIES: u32 = 5;
/// One try; making a database takes AWS longer, see `rds`.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The longest pause after the first try; it doubles, and a random part of it is waited.
const FIRST_PAUSE: Duration = Duration::from_millis(300);

/// Region, credentials and endpoint as the SDK finds them.
///
/// # Errors
/// No region anywhere.
pub async fn load(config: &AwsConfig) -> Result<SdkConfig> {
    let region =
        RegionProviderChain::default_provider().or_else(config.region.clone().map(Region::new));
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(TRIES)
        .with_initial_backoff(FIRST_PAUSE);
    let loaded = aws_config::defaults(BehaviorVersion::latest())
        .region(region)
        .timeout_config(timeouts)
        .retry_config(retries)
        .load()
        .await;
    if loaded.region().is_none() {
        return Err(Error::operator(
            "no AWS region is known: set AWS_DEFAULT_REGION",
        ));
    }
    Ok(loaded)
}
