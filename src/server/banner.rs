//! The banner that a start on a terminal ends with: the addresses, where the admin token is, and as whom one acts. It
//! appears when the server is ready; `cli` prints it.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::auth::{ADMIN_TOKEN_FILE, Authenticator};
use crate::config::{Config, DatabaseLocation, Environment};
use crate::db::Health;

/// What the banner is made of.
pub(super) struct Banner {
    health: Arc<Health>,
    authenticator: Arc<Authenticator>,
    origin: String,
    admin_token: String,
    has_console: bool,
}

impl Banner {
    pub(super) fn new(
        config: &Config,
        address: SocketAddr,
        health: Arc<Health>,
        authenticator: Arc<Authenticator>,
    ) -> Self {
        let (has_console, admin_token) = match (&config.admin.token, &config.database.target) {
            (Some(_), _) => (true, "the value of ADMIN_TOKEN".to_owned()),
            (None, DatabaseLocation::Embedded(settings)) => {
                let file = settings.data_dir.join(ADMIN_TOKEN_FILE);
                (true, format!("in the file {}", file.display()))
            }
            (None, DatabaseLocation::Url(_)) if authenticator.has_cognito() => (
                true,
                "none; users of the Cognito group `admin` sign in".to_owned(),
            ),
            (None, DatabaseLocation::Url(_)) => {
                (false, "none; set ADMIN_TOKEN to use the console".to_owned())
            }
        };
        Self {
            health,
            authenticator,
            origin: config.http.public_origin(address.port()),
            admin_token,
            has_console,
        }
    }

    /// The text, as soon as the server is ready.
    pub(super) async fn when_ready(&self) -> String {
        self.health.wait_until_ready().await;
        let origin = &self.origin;
        let mut lines = vec![
            format!("Cruddur {} is ready.", env!("CARGO_PKG_VERSION")),
            String::new(),
            format!("  Client       {origin}/"),
        ];
        if self.has_console {
            lines.push(format!("  Console      {origin}/console"));
        }
        lines.extend([
            format!("  Admin token  {}", self.admin_token),
            format!("  API          {origin}/docs/"),
            format!("  You are      {}", self.identity()),
            String::new(),
            "Ctrl-C stops the server.".to_owned(),
        ]);
        format!("\n{}\n\n", lines.join("\n"))
    }

    fn identity(&self) -> String {
        let is_development = self.health.state().environment == Some(Environment::Development);
        match self.authenticator.development_handle() {
            _ if self.authenticator.has_cognito() => {
                "anonymous until you sign in with the Cognito user pool".to_owned()
            }
            Some(handle) if is_development => {
                format!("@{handle}, the demo user of requests without a token")
            }
            _ => "anonymous: no user pool is configured (AWS_COGNITO_USER_POOL_ID)".to_owned(),
        }
    }
}
