//! Clients of Amazon Web Services with shared time-outs and retries, whose errors name what an operator can do.
//! `operations` decides when AWS is called.
//!
//! In reading order: `public_address` finds the public address of this machine, `ec2` changes the security-group rule,
//! `rds` creates, changes and deletes database instances, `iam_token` signs tokens for database connections, `cognito`
//! reads users of the user pool, `ssm` starts sessions that forward a port, `error` turns an error of AWS into an
//! [`Error`].

mod cognito;
mod ec2;
mod error;
mod iam_token;
mod public_address;
mod rds;
mod ssm;

use std::time::Duration;

use aws_config::meta::region::RegionProviderChain;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};

pub use cognito::{Attributes, UserPage, UserPool};
pub use ec2::{Answer, Authorized, Rule, RuleTags, SecurityGroups, Wanted};
pub use iam_token::TokenSigner;
pub use public_address::find_public_address;
pub use rds::{DbInstance, Instances, NewInstance, Offer, Password};
pub use ssm::{Forwarding, PluginSession, start_session};

use crate::config::AwsConfig;
use crate::error::{Error, Result};

/// The maximum number of attempts of a request that AWS throttles or does not answer.
const TRIES: u32 = 5;
/// The time-out of one attempt. Creating a database takes longer, see `rds`.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The maximum pause after the first attempt. It doubles with each attempt, and the SDK waits a random part of it.
const FIRST_PAUSE: Duration = Duration::from_millis(300);

/// Loads region, credentials and endpoint from the environment and the files that the AWS SDK reads.
///
/// # Errors
/// No region is configured.
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
