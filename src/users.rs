//! Users and their profiles. `model` does no I/O, `handlers` and `development` serve the routes, `profiles`
//! answers from the cache, `store` has one function for each statement of `sql/`. Users sign up with Cognito: `trigger` inserts a user after the confirmed
//! sign-up, `provisioning` inserts a user on the first request if the trigger did not.

mod development;
mod handlers;
mod model;
mod profiles;
mod provisioning;
mod store;
pub mod trigger;

use crate::http::{Routes, routes};
pub use model::{MAX_BIO_CHARS, MAX_DISPLAY_NAME_CHARS, NewUser, Profile, ShortUser};
pub use provisioning::Provisioner;
pub use store::{
    FoundProfile, find_by_handle, find_deletion, find_profile, find_visible_user, is_legal_handle,
    list_profiles, refusal_of_hidden, register,
};

/// The slice's routes, below `/api`.
pub fn routes() -> Routes {
    routes![
        handlers::show_user,
        handlers::show_short_user,
        handlers::replace_profile,
        handlers::update_profile,
        handlers::show_own_profile,
        development::list_development_users,
        development::create_development_session,
    ]
}
