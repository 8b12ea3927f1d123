//! Signing the authentication tokens of IAM, which replace the password.

use crate::aws::TokenSigner;
use crate::config::{ConnectionUrl, DatabaseAuth, DatabaseConfig};

/// The signer for the configured database; `None` unless IAM is configured.
pub(super) fn signer(database: &DatabaseConfig) -> Option<TokenSigner> {
    let DatabaseAuth::Iam(aws) = &database.auth else {
        return None;
    };
    let endpoint = database.url().and_then(ConnectionUrl::endpoint)?;
    let user = database.url()?.config.get_user().unwrap_or_default();
    Some(TokenSigner::new(
        &endpoint.name,
        endpoint.port,
        user,
        aws.clone(),
    ))
}
