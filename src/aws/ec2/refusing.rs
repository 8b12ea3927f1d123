//! The security groups of a program that is built without the feature `ec2`: it refuses every operation on them.

use aws_config::SdkConfig;

use super::{Answer, Authorized, Rule, RuleTags, Wanted};
use crate::error::{Error, Result};

/// The security groups of one region.
pub struct SecurityGroups;

impl SecurityGroups {
    /// Ignores the configuration.
    pub fn new(_: &SdkConfig) -> Self {
        Self
    }

    /// # Errors
    /// Always.
    pub async fn find_rule(&self, _: &str) -> Result<Option<Rule>> {
        Err(left_out())
    }

    /// # Errors
    /// Always.
    pub async fn list_rules(&self, _: &str) -> Result<Vec<Rule>> {
        Err(left_out())
    }

    /// # Errors
    /// Always.
    pub async fn modify_rule(&self, _: &Rule, _: &Wanted) -> Result<Answer> {
        Err(left_out())
    }

    /// # Errors
    /// Always.
    pub async fn rehearse_modify(&self, _: &Rule, _: &Wanted) -> Result<Answer> {
        Err(left_out())
    }

    /// # Errors
    /// Always.
    pub async fn authorize_rule(
        &self,
        _: &str,
        _: &Wanted,
        _: &RuleTags,
        _: bool,
    ) -> Result<Authorized> {
        Err(left_out())
    }

    /// # Errors
    /// Always.
    pub async fn tag_rule(&self, _: &Rule, _: &RuleTags) -> Result<()> {
        Err(left_out())
    }

    /// # Errors
    /// Always.
    pub async fn revoke_rule(&self, _: &Rule) -> Result<()> {
        Err(left_out())
    }
}

fn left_out() -> Error {
    Error::operator(
        "this program was built without the client of Amazon EC2, which changes security-group rules: build it with \
         'cargo build'",
    )
}
