//! The token that authenticates operators: `ADMIN_TOKEN`. `auth` checks it.

use secrecy::{ExposeSecret, SecretString};

use super::Settings;

/// The smallest length of the token in characters; a shorter token can be guessed.
pub const SHORTEST_ADMIN_TOKEN: usize = 32;

/// The settings of `/admin`.
#[derive(Debug, Clone)]
pub struct AdminConfig {
    /// `None`: the server generates a token for an embedded database, and accepts none for another.
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
