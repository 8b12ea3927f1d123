//! The parameter `include` of routes that respond with activities: its extractors, and its description in the OpenAPI
//! document. `viewer` adds the flags.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::FutureExt;
use futures_util::future::{Either, LocalBoxFuture};
use utoipa::IntoParams;

use crate::auth::{Authenticated, CurrentUser};
use crate::error::{Code, Error};

/// The parameter of a route whose activities can have `viewer`.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "the field documents the parameter that the extractors parse"
)]
pub struct IncludeViewer {
    /// `viewer` adds to each activity and reply what the user of the token has made of it; this needs a token.
    #[param(pattern = "^viewer$")]
    include: Option<String>,
}

/// The parameter of a user's page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "the field documents the parameter that the extractors parse"
)]
pub struct IncludeOnUserPage {
    /// Comma-separated: `viewer` adds to each activity and reply what the user of the token has made of it, which
    /// needs a token; `reposts` adds the activities that the user of the page reposted, each with `reposted_at`, in the
    /// order of `reposted_at` and of the `created_at` of the user's own activities.
    #[param(
        pattern = "^(viewer|reposts)(,(viewer|reposts))*$",
        example = "viewer,reposts"
    )]
    include: Option<String>,
}

/// The values of `include`.
#[derive(Debug, Default, Clone, Copy)]
struct Included {
    viewer: bool,
    reposts: bool,
}

impl Included {
    /// Parses a query string.
    ///
    /// # Errors
    /// [`Code::MalformedQuery`] for an unknown value.
    fn parse(query: &str) -> Result<Self, Code> {
        let mut included = Self::default();
        for (key, values) in form_urlencoded::parse(query.as_bytes()) {
            if key == "include" {
                for value in values.split(',') {
                    match value {
                        "viewer" => included.viewer = true,
                        "reposts" => included.reposts = true,
                        _ => return Err(Code::MalformedQuery),
                    }
                }
            }
        }
        Ok(included)
    }

    /// The same, for a route that has no reposts to add.
    fn parse_viewer(query: &str) -> Result<Self, Code> {
        match Self::parse(query)? {
            Self { reposts: true, .. } => Err(Code::MalformedQuery),
            included => Ok(included),
        }
    }
}

/// Whether the response of a write has `viewer`.
///
/// Error: 400 `malformed_query`.
#[derive(Debug, Clone, Copy)]
pub struct WithViewer(pub bool);

impl WithViewer {
    /// The user for whom the response has `viewer`.
    pub fn of(self, user: CurrentUser) -> Viewer {
        Viewer(self.0.then_some(user))
    }
}

impl FromRequest for WithViewer {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let included = Included::parse_viewer(request.query_string());
        ready(match included {
            Ok(included) => Ok(Self(included.viewer)),
            Err(code) => Err(code.into()),
        })
    }
}

/// The user for whom the response of a read has `viewer`; `None` without `include=viewer`.
///
/// Errors: 400 `malformed_query`, 401 `generic_401` with `include=viewer` and without a valid identity.
#[derive(Debug)]
pub struct Viewer(pub Option<CurrentUser>);

impl FromRequest for Viewer {
    type Error = actix_web::Error;
    type Future = ViewerFuture<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        identify(
            request,
            Included::parse_viewer(request.query_string()),
            |viewer, _| viewer,
        )
    }
}

/// What a user's page shows in addition. The errors are those of [`Viewer`].
#[derive(Debug)]
pub struct UserPageParts {
    /// The user for whom the response has `viewer`.
    pub viewer: Viewer,
    /// Whether the page has the activities that its user reposted.
    pub has_reposts: bool,
}

impl FromRequest for UserPageParts {
    type Error = actix_web::Error;
    type Future = ViewerFuture<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let included = Included::parse(request.query_string());
        identify(request, included, |viewer, included| Self {
            viewer,
            has_reposts: included.reposts,
        })
    }
}

type Extracted<T> = Result<T, actix_web::Error>;
/// Allocates nothing without `include=viewer`, because home is requested far more often than anything else.
type ViewerFuture<T> = Either<Ready<Extracted<T>>, LocalBoxFuture<'static, Extracted<T>>>;

/// Calls `make` with the authenticated user if the viewer is included.
fn identify<T: 'static>(
    request: &HttpRequest,
    included: Result<Included, Code>,
    make: fn(Viewer, Included) -> T,
) -> ViewerFuture<T> {
    match included {
        Err(code) => Either::Left(ready(Err(Error::from(code).into()))),
        Ok(included) if !included.viewer => Either::Left(ready(Ok(make(Viewer(None), included)))),
        Ok(included) => {
            let user = Authenticated::<()>::from_request(request, &mut Payload::None);
            let identified = async move {
                let Authenticated(user, ()) = user.await?;
                Ok(make(Viewer(Some(user)), included))
            };
            Either::Right(identified.boxed_local())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(query: &str) -> Result<(bool, bool), Code> {
        Included::parse(query).map(|included| (included.viewer, included.reposts))
    }

    #[test]
    fn include_is_a_comma_separated_list_of_known_values() {
        assert_eq!(parsed(""), Ok((false, false)));
        assert_eq!(parsed("limit=3&includes=x"), Ok((false, false)));
        assert_eq!(parsed("include=viewer"), Ok((true, false)));
        assert_eq!(parsed("include=reposts%2Cviewer"), Ok((true, true)));
        assert_eq!(parsed("include=viewer&include=reposts"), Ok((true, true)));
        for query in [
            "include",
            "include=",
            "include=viewer,",
            "include=Viewer",
            "include=x",
        ] {
            assert_eq!(parsed(query), Err(Code::MalformedQuery), "{query}");
        }
        assert!(Included::parse_viewer("include=reposts").is_err());
    }
}
