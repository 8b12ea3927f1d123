//! Who is asking. A [`CurrentUser`] holds what a token proves and nothing from the database: a
//! slice's SQL joins on it.
//!
//! `bearer` reads the header, `development` is the identity of a fresh clone, `signed` the
//! extractor for routes that need somebody.

mod bearer;
mod development;
mod signed;

use std::sync::Arc;

use actix_web::HttpRequest;

use crate::config::IdentityConfig;
use crate::db::{Health, Pool};
use crate::error::{Code, Result};
pub use development::Development;
pub use signed::Signed;

/// Somebody whose identity was proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentUser {
    subject: Arc<str>,
}

impl CurrentUser {
    /// The token's `sub`, which is `users.cognito_user_id`.
    pub fn subject(&self) -> &str {
        &self.subject
    }
}

/// Whether the request came from this machine, to a loopback name, through no proxy.
pub fn is_from_this_machine(request: &HttpRequest) -> bool {
    development::stays_on_this_machine(request)
}

/// Judges requests by the identity that is configured.
pub struct Authenticator {
    development: Option<Development>,
    has_pool: bool,
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
        let has_pool = identity.cognito.is_some();
        let development = match has_pool {
            true => None,
            false => Development::new(identity.dev_user_handle.as_deref(), on_loopback, health)?,
        };
        Ok(Self {
            development,
            has_pool,
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
        match (self.has_pool, self.development_for(request)) {
            (true, _) => "cognito",
            (false, Some(_)) => "development",
            (false, None) => "none",
        }
    }

    /// Who sent this request; `None` is nobody in particular.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] for a token that proves nothing.
    pub async fn identify(&self, request: &HttpRequest) -> Result<Option<CurrentUser>> {
        let development = self.development_for(request);
        match (bearer::token(request)?, development) {
            (Some(token), Some(development)) => development.verify(token).map(Some),
            (Some(_), None) => Err(Code::Unauthenticated.into()),
            (None, Some(development)) => development.default_user(&self.pool).await,
            (None, None) => Ok(None),
        }
    }
}
