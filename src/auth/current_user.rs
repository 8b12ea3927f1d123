//! The authenticated user of a request: the claims of the access token, without anything from the database.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use secrecy::SecretString;

/// The authenticated user of a request. A clone copies one pointer.
#[derive(Debug, Clone)]
pub struct CurrentUser(Arc<Identity>);

#[derive(Debug)]
struct Identity {
    subject: String,
    groups: Vec<String>,
    access_token: Option<SecretString>,
    signed_in_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
}

impl CurrentUser {
    /// `signed_in_at`: when the user has entered the password; `expires`: when the token ends; in seconds since 1970.
    pub(super) fn with_token(
        subject: String,
        groups: Vec<String>,
        token: &str,
        signed_in_at: Option<i64>,
        expires: u64,
    ) -> Self {
        Self(Arc::new(Identity {
            subject,
            groups,
            access_token: Some(token.into()),
            signed_in_at: signed_in_at.and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
            expires_at: time(expires),
        }))
    }

    pub(super) fn without_token(subject: String) -> Self {
        Self(Arc::new(Identity {
            subject,
            groups: Vec::new(),
            access_token: None,
            signed_in_at: None,
            expires_at: None,
        }))
    }

    /// A user with a token of the development identity, which ends at `expires`, in seconds since 1970.
    pub(super) fn of_development(subject: String, expires: u64) -> Self {
        Self(Arc::new(Identity {
            subject,
            groups: Vec::new(),
            access_token: None,
            signed_in_at: None,
            expires_at: time(expires),
        }))
    }

    /// The token's `sub`, which is `users.cognito_user_id`.
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// Whether the token's `cognito:groups` holds `group`. The development identity is in no group.
    pub fn is_in_group(&self, group: &str) -> bool {
        self.0.groups.iter().any(|own| own == group)
    }

    /// When the session of the token began, rounded down to a second; a refreshed token has that of the first one. `None`
    /// for the development identity.
    pub fn signed_in_at(&self) -> Option<DateTime<Utc>> {
        self.0.signed_in_at
    }

    /// When the token of the request ends; `None` for a request without a token.
    pub fn token_expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// The Cognito access token of the request, for calls to Cognito as this user; `None` for the development
    /// identity.
    pub fn access_token(&self) -> Option<&SecretString> {
        self.0.access_token.as_ref()
    }
}

fn time(seconds: u64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0)
}
