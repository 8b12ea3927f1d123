//! Users: their profiles, finding them by handle, and the development identity's list of them. `model` does no I/O,
//! `handlers` and `development` serve the routes, `store` has one function for each statement of `sql/`. Users sign up
//! with Cognito: `trigger` inserts a user who has confirmed the sign-up, `provisioning` one whom the trigger missed.

mod development;
mod handlers;
mod model;
mod provisioning;
mod store;
pub mod trigger;

use actix_web::web::ServiceConfig;
use utoipa::OpenApi;

use crate::http::endpoint;
pub use model::{MAX_BIO_CHARS, MAX_DISPLAY_NAME_CHARS, NewUser, ShortUser};
pub use provisioning::Provisioner;
pub use store::{find_by_handle, is_legal_handle, register};

/// The slice's routes, below `/api`.
pub fn routes(scope: &mut ServiceConfig) {
    scope
        .service(endpoint("/users/@{handle}").get(handlers::show_user))
        .service(endpoint("/users/@{handle}/short").get(handlers::show_short_user))
        .service(
            endpoint("/profile/update")
                .put(handlers::replace_profile)
                .post(handlers::update_profile),
        )
        .service(endpoint("/profile").get(handlers::show_own_profile))
        .service(endpoint("/dev/users").get(development::list_development_users))
        .service(endpoint("/dev/session").post(development::create_development_session));
}

/// The slice's part of the API's documentation.
#[derive(OpenApi)]
#[openapi(paths(
    handlers::show_user,
    handlers::show_short_user,
    handlers::show_own_profile,
    handlers::replace_profile,
    handlers::update_profile,
    development::list_development_users,
    development::create_development_session,
))]
pub struct Api;
