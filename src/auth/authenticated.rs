//! The extractor for routes that need an authenticated user. `Authenticator` identifies the user.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use super::{Authenticator, CurrentUser};
use crate::error::{Code, Error};

/// The user, and everything else that the handler extracts from the request. Actix polls the extractors of a handler
/// together; this one polls `T` after the authentication, so that an anonymous request with a malformed body gets 401.
///
/// Errors: 401 `generic_401` without a valid identity, then those of `T`.
pub struct Authenticated<T>(pub CurrentUser, pub T);

impl<T> FromRequest for Authenticated<T>
where
    T: FromRequest<Error: Into<actix_web::Error>> + 'static,
{
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let authenticator = request.app_data::<Data<Authenticator>>().ok_or_else(|| {
                Error::internal("no authenticator is registered", "app_data is missing")
            })?;
            let user = authenticator
                .identify(&request)
                .await?
                .ok_or(Error::from(Code::Unauthenticated))?;
            let rest = T::from_request(&request, &mut payload)
                .await
                .map_err(Into::into)?;
            Ok(Self(user, rest))
        })
    }
}
