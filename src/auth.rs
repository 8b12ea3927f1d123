//! Authentication: which user sent a request. A [`CurrentUser`] has the claims of an access token and nothing from the
//! database; SQL statements join `users` on its subject.
//!
//! `bearer` reads the `Authorization` header. `cognito` verifies access tokens of a user pool with the `keys`
//! that it fetches. `development` is the identity of a fresh clone without a user pool. `authenticated` is the
//! extractor for routes that need a user. `admin` authorises requests to `/admin`, with `admin_token`, `lockout` and
//! `failed_sign_ins`.
//! `address` finds the client's address behind proxies.

mod address;
mod admin;
mod admin_token;
mod authenticated;
mod bearer;
mod cognito;
mod current_user;
mod development;
mod development_key;
mod failed_sign_ins;
mod keys;
mod lockout;

use std::sync::Arc;

use actix_web::{HttpMessage, HttpRequest};

use crate::config::IdentityConfig;
use crate::db::{Health, Pool};
use crate::error::{Code, Error, Result};
pub use address::{client_address, network, network_key};
pub use admin::{Access, Admin, AdminGuard};
pub use admin_token::find_or_make as find_or_make_admin_token;
pub use authenticated::Authenticated;
pub use bearer::token as bearer_token;
use cognito::Cognito;
pub use current_user::CurrentUser;
pub use development::Development;
pub use failed_sign_ins::FailedSignIns;

/// Whether the request came from this machine: over loopback, to a loopback host name, over HTTP/1.1 or newer, and
/// not through a proxy that adds a header.
pub fn is_from_this_machine(request: &HttpRequest) -> bool {
    development::is_from_this_machine(request)
}

/// Authenticates requests: with the user pool if one is configured, else with the development identity if the request
/// may use it.
pub struct Authenticator {
    cognito: Option<Cognito>,
    development: Option<Development>,
    pool: Pool,
}

impl Authenticator {
    /// `on_loopback`: whether only this machine can reach the listener.
    ///
    /// # Errors
    /// The HTTP client for the user pool's keys cannot be built.
    pub fn new(
        identity: &IdentityConfig,
        on_loopback: bool,
        health: Arc<Health>,
        pool: Pool,
    ) -> Result<Self> {
        let cognito = identity.cognito.as_ref().map(Cognito::new).transpose()?;
        let development = match cognito {
            Some(_) => None,
            None => Development::new(identity, on_loopback, health),
        };
        Ok(Self {
            cognito,
            development,
            pool,
        })
    }

    /// The development identity, if this request may use it.
    pub fn development_for(&self, request: &HttpRequest) -> Option<&Development> {
        self.development
            .as_ref()
            .filter(|development| development.admits(request))
    }

    /// How a client signs in, for `/api/config`: `cognito`, `development` or `none`.
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

    /// The user of a Cognito access token. Tokens of the development identity are refused.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] for a token that is not valid, and for every token if no user pool is configured.
    pub async fn verify_cognito(&self, token: &str) -> Result<CurrentUser> {
        match &self.cognito {
            Some(cognito) => cognito.verify(token).await,
            None => Err(Code::Unauthenticated.into()),
        }
    }

    /// The user who sent this request; `None` for an anonymous one. The result is stored in the request's extensions,
    /// so the token is verified once for the rate limit and the handler.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`] for a token that is not valid;
    /// [`Unavailable`](crate::error::Error::Unavailable) if the keys or the database cannot be reached.
    pub async fn identify(&self, request: &HttpRequest) -> Result<Option<CurrentUser>> {
        once_per_request(request, self.identify_uncached(request)).await
    }

    async fn identify_uncached(&self, request: &HttpRequest) -> Result<Option<CurrentUser>> {
        let development = self.development_for(request);
        match (bearer_token(request)?, development) {
            (Some(token), Some(development)) => {
                development.verify(&self.pool, token).await.map(Some)
            }
            (Some(token), None) => self.verify_cognito(token).await.map(Some),
            (None, Some(development)) => development.default_user(&self.pool).await,
            (None, None) => Ok(None),
        }
    }
}

/// The result of [`Authenticator::identify`], stored in the request's extensions.
struct RequestIdentity(Result<Option<CurrentUser>, Code>);

/// Awaits `identify` at the first call for a request; later calls return the first result. A temporary failure is not
/// stored, so the next call tries again.
async fn once_per_request(
    request: &HttpRequest,
    identify: impl Future<Output = Result<Option<CurrentUser>>>,
) -> Result<Option<CurrentUser>> {
    if let Some(RequestIdentity(known)) = request.extensions().get() {
        return known.clone().map_err(Error::from);
    }
    let found = identify.await;
    let known = match &found {
        Ok(user) => Ok(user.clone()),
        Err(Error::Refused(code)) => Err(*code),
        Err(_) => return found,
    };
    request.extensions_mut().insert(RequestIdentity(known));
    found
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use actix_web::test::TestRequest;

    use super::*;

    /// Identifies one request twice, each time with `result`. Returns both results' codes or subjects, and how
    /// often the identity was looked up.
    async fn identify_twice(
        result: impl Fn() -> Result<Option<CurrentUser>>,
    ) -> (Vec<String>, u32) {
        let request = TestRequest::default().to_http_request();
        let lookups = Cell::new(0);
        let mut results = Vec::new();
        for _ in 0..2 {
            let identified = once_per_request(&request, async {
                lookups.set(lookups.get() + 1);
                result()
            });
            results.push(match identified.await {
                Ok(Some(user)) => user.subject().to_owned(),
                Ok(None) => "anonymous".to_owned(),
                Err(error) => error.code().to_string(),
            });
        }
        (results, lookups.get())
    }

    #[actix_web::test]
    async fn a_request_is_authenticated_once() {
        let alice = || Ok(Some(CurrentUser::without_token("sub-alice".to_owned())));
        assert_eq!(
            identify_twice(alice).await,
            (vec!["sub-alice".to_owned(); 2], 1)
        );
        assert_eq!(
            identify_twice(|| Ok(None)).await,
            (vec!["anonymous".to_owned(); 2], 1)
        );
    }

    #[actix_web::test]
    async fn a_refused_token_is_verified_once_and_a_temporary_failure_is_tried_again() {
        let refused = || Err(Code::Unauthenticated.into());
        assert_eq!(
            identify_twice(refused).await,
            (vec!["generic_401".to_owned(); 2], 1)
        );
        let unavailable = || Err(Error::Unavailable("no connection", None));
        assert_eq!(
            identify_twice(unavailable).await,
            (vec!["service_unavailable".to_owned(); 2], 2)
        );
    }
}
