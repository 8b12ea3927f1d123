//! Who may operate the server: `ADMIN_TOKEN`. The groups of a Cognito token that may are the pool's
//! business; how a request is judged stands in `auth`.

use secrecy::{ExposeSecret, SecretString};

use super::Settings;

/// In characters. A shorter token can be guessed.
pub const SHORTEST_ADMIN_TOKEN: usize = 32;

#[derive(Debug, Clone)]
pub struct AdminConfig {
    /// On the embedded default one is made where this is not set.
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
