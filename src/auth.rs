//! Who is asking. A [`CurrentUser`] holds what a token proves and nothing from the database: a
//! slice's SQL joins on it.
//!
//! `admin` judges who may operate the server, with `admin_token` and `lockout`; `bearer` reads the
//! header, `cognito` judges the tokens of a user pool with the `keys` it fetches,
//! `development` is the identity of a fresh clone, `signed` the extractor for routes that need
//! somebody.

mod address;
mod admin;
mod admin_token;
mod authenticated;
mod bearer;
mod cognito;
mod development;
mod keys;
mod lockout;

use std::sync::Arc;

use actix_web::HttpRequest;
use secrecy::SecretString;

use crate::config::IdentityConfig;
use crate::db::{Health, Pool};
use crate::error::{Code, Result};
pub use address::client_address;
pub use admin::{Admin, AdminGuard};
pub use admin_token::find_or_make as find_or_make_admin_token;
pub use authenticated::Authenticated;
pub use bearer::token as bearer_token;
use cognito::Cognito;
pub use development::Development;

/// Somebody whose identity was proven. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CurrentUser(Arc<Proof>);

#[derive(Debug)]
struct Proof {
    subject: String,
    groups: Vec<String>,
    access_token: Option<SecretString>,
}

impl CurrentUser {
    fn with_token(subject: String, groups: Vec<String>, token: &str) -> Self {
        Self(Arc::new(Proof {
            subject,
            groups,
            access_token: Some(token.into()),
        }))
    }

    fn without_token(subject: String) -> Self {
        Self(Arc::new(Proof {
            subject,
            groups: Vec::new(),
            access_token: None,
        }))
    }

    /// The token's `sub`, which is `users.cognito_user_id`.
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// Whether the user pool has put them into that group (`cognito:groups`). The development
    /// identity is in none.
    pub fn is_in_group(&self, group: &str) -> bool {
        self.0.groups.iter().any(|theirs| theirs == group)
    }

    /// The Cognito access token that proved it, for asking Cognito on their behalf; the development
    /// identity has none.
    pub fn access_token(&self) -> Option<&SecretString> {
        self.0.access_token.as_ref()
    }
}

/// Whether the request came from this machine, to a loopback name, through no proxy.
pub fn is_from_this_machine(request: &HttpRequest) -> bool {
    development::stays_on_this_machine(request)
}

/// Judges requests by the identity that is configured: a user pool, or else the development
/// identity where its conditions hold.
pub struct Authenticator {
    cognito: Option<Cognito>,
    development: Option<Development>,
    pool: Pool,
}

impl Authenticator {
    /// `on_loopback`: whether the listener can be reached from this machine only.
    pub fn new(
        identity: &IdentityConfig,
        on_loopback: bool,
        health: Arc<Health>,
        pool: Pool,
    ) -> Result<Self> {
        let cognito = identity.cognito.as_ref().map(Cognito::new).transpose()?;
        let development = match cognito {
            Some(_) => None,
            None => Development::new(identity.dev_user_handle.as_deref(), on_loopback, health)?,
        };
        Ok(Self {
            cognito,
            development,
            pool,
        })
    }

    /// The development identity, where this request may use it.
    pub fn development_for(&self, request: &HttpRequest) -> Option<&Development> {
        self.development
            .as_ref()
            .filter(|development| development.admits(request))
    }

    /// What signing in means here, for `/api/config`.
    pub fn kind(&self, request: &HttpRequest) -> &'static str {
        match (&self.cognito, self.development_for(request)) {
            (Some(_), _) => "cognito",
            (None, Some(_)) => "development",
            (None, None) => "none",
        }
    }

    /// Whether a user pool is configured.
    pub fn has_cognito(&self) -> bool {
        self.cognito.is_some()
    }

    /// Whom a token of the user pool proves; the development identity's tokens prove nothing here.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] for a token that proves nothing, and for any without a user pool.
    pub async fn verify_cognito(&self, token: &str) -> Result<CurrentUser> {
        match &self.cognito {
            Some(cognito) => cognito.verify(token).await,
            None => Err(Code::Unauthenticated.into()),
        }
    }

    /// Who sent this request; `None` is nobody in particular.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] for a token that proves nothing.
    pub async fn identify(&self, request: &HttpRequest) -> Result<Option<CurrentUser>> {
        let development = self.development_for(request);
        match (bearer_token(request)?, development) {
            (Some(token), Some(development)) => development.verify(token).map(Some),
            (Some(token), None) => self.verify_cognito(token).await.map(Some),
            (None, Some(development)) => development.default_user(&self.pool).await,
            (None, None) => Ok(None),
        }
    }
}
