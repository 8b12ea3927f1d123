//! The token that authenticates operators: `ADMIN_TOKEN`. `auth` checks it, and the groups of a
//! Cognito token.

use secrecy::{ExposeSecret, SecretString};

use super::Settings;

/// In characters. A shorter token can be guessed.
pub const SHORTEST_ADMIN_TOKEN: usize = 32;

#[derive(Debug, Clone)]
pub struct AdminConfig {
    /// For the embedded database the server makes a token where this is `None`.
    pub token: Option<SecretString>,
}

impl AdminConfig {
    pub(super) fn read(settings: &mut Settings) -> Self {
        let token = settings.secret("ADMIN_TOKEN");
        let is_short =
            |token: &SecretString| token.expose_secret().chars().count() < SHORTEST_ADMIN_TOKEN;
        if token.as_ref().is_some_and(is_short) {
            settings.problem(
                "ADMIN_TOKEN",
                &format!("must have at least {SHORTEST_ADMIN_TOKEN} characters"),
            );
        }
        Self { token }
    }
}
