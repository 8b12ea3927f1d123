//! Authorises requests to `/admin` by the admin token or by the Cognito groups `admin` and `admin-readonly`. It reads
//! no table, so it works on an empty database.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::{HttpMessage, HttpRequest, ResponseError};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::failed_sign_ins::{FailedSignIns, FailureCounts};
use super::lockout::Lockout;
use super::sign_ins::Door;
use super::{Authenticator, CurrentUser, bearer, client_address};
use crate::config::TrustedProxies;
use crate::error::{Code, Error, Result};

const GROUP: &str = "admin";
const READ_ONLY_GROUP: &str = "admin-readonly";

/// The authenticated client of a request to `/admin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admin {
    /// `token` for the admin token; for a user, `cognito:` and the access token's `sub`.
    pub name: String,
    /// What the client may do.
    pub access: Access,
}

/// What an authenticated client may do on `/admin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing: a user in neither group, whose attempt is audited under the user's name.
    None,
    /// Read.
    ReadOnly,
    /// Everything.
    Full,
}

impl Admin {
    fn of(user: &CurrentUser) -> Self {
        let access = match (user.is_in_group(GROUP), user.is_in_group(READ_ONLY_GROUP)) {
            (true, _) => Access::Full,
            (false, true) => Access::ReadOnly,
            (false, false) => Access::None,
        };
        Self {
            name: format!("cognito:{}", user.subject()),
            access,
        }
    }
}

/// Authenticates requests to `/admin`.
pub struct AdminGuard {
    token: Option<SecretString>,
    authenticator: Arc<Authenticator>,
    trusted_proxies: TrustedProxies,
    lockout: Lockout,
    failures: FailureCounts,
}

/// The outcome of [`AdminGuard::is_operator`], in the request's extensions, for [`AdminGuard::identify`].
struct Identified(Result<Admin>);

impl AdminGuard {
    /// `token` is the admin token; without one, only users of the user pool can be operators.
    pub fn new(
        token: Option<SecretString>,
        authenticator: Arc<Authenticator>,
        trusted_proxies: TrustedProxies,
    ) -> Self {
        Self {
            token,
            authenticator,
            trusted_proxies,
            lockout: Lockout::default(),
            failures: FailureCounts::default(),
        }
    }

    /// The client that sent this request, whose access the caller has to check; counts the request if it is a failed
    /// sign-in. The lockout applies to invalid tokens only, since the token is verified first.
    ///
    /// # Errors
    /// [`Code::RouteNotFound`] if the server has neither an admin token nor a user pool;
    /// [`Code::Unauthenticated`] without a valid token;
    /// [`Error::TooMany`] from the eleventh invalid token that one network sends within a minute.
    pub async fn identify(&self, request: &HttpRequest) -> Result<Admin> {
        let known = request.extensions_mut().remove();
        if let Some(Identified(outcome)) = known {
            return outcome;
        }
        let outcome = self.identify_uncounted(request).await;
        match &outcome {
            Ok(_) | Err(Error::Refused(Code::RouteNotFound)) => {}
            Err(error) => {
                let status = error.status_code().as_u16();
                self.failures.count(self.address(request), request, status);
                self.authenticator.metrics().count_failure(Door::Admin);
            }
        }
        outcome
    }

    /// Whether an operator sent this request. Before [`identify`](Self::identify), which then returns the same outcome.
    pub async fn is_operator(&self, request: &HttpRequest) -> bool {
        let outcome = self.identify(request).await;
        let is_operator = matches!(&outcome, Ok(admin) if admin.access != Access::None);
        request.extensions_mut().insert(Identified(outcome));
        is_operator
    }

    /// Takes the counts of the failed sign-ins since the last call, for the audit.
    pub fn take_failures(&self) -> Vec<FailedSignIns> {
        self.failures.take()
    }

    async fn identify_uncounted(&self, request: &HttpRequest) -> Result<Admin> {
        if self.token.is_none() && !self.authenticator.has_cognito() {
            return Err(Code::RouteNotFound.into());
        }
        let outcome = match bearer::token(request) {
            Ok(None) => return Err(Code::Unauthenticated.into()),
            Ok(Some(token)) => self.verify(token).await,
            Err(error) => Err(error),
        };
        if matches!(outcome, Err(Error::Refused(Code::Unauthenticated))) {
            self.lockout
                .count(self.address(request))
                .map_err(Error::TooMany)?;
        }
        outcome
    }

    /// The client address of the request, which may have passed trusted proxies.
    pub fn address(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr()?.ip();
        let headers = request.headers();
        Some(client_address(peer, headers, &self.trusted_proxies))
    }

    /// Whether the request's bearer token is the admin token.
    pub fn has_token(&self, request: &HttpRequest) -> bool {
        matches!(bearer::token(request), Ok(Some(token)) if self.is_token(token))
    }

    async fn verify(&self, token: &str) -> Result<Admin> {
        if self.is_token(token) {
            return Ok(Admin {
                name: "token".to_owned(),
                access: Access::Full,
            });
        }
        let user = self.authenticator.verify_cognito(token).await?;
        Ok(Admin::of(&user))
    }

    /// Compares in constant time for tokens of the same length.
    fn is_token(&self, given: &str) -> bool {
        self.token.as_ref().is_some_and(|token| {
            let token = token.expose_secret().as_bytes();
            token.ct_eq(given.as_bytes()).into()
        })
    }
}
