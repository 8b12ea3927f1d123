//! People: their profiles, finding them by handle, and the development identity's list of them.
//! `model` is pure, `handlers` and `development` speak HTTP, `store` holds one function for each
//! statement of `sql/`. Nobody registers here: `trigger` is called when somebody has confirmed their
//! sign-up, `provisioner` when somebody writes whom the trigger has missed.

mod development;
mod handlers;
mod model;
mod provisioning;
mod store;
pub mod trigger;

use crate::http::{Routes, routes};
pub use model::{MAX_BIO_CHARS, MAX_DISPLAY_NAME_CHARS, NewUser, ShortUser};
pub use provisioning::Provisioner;
pub use store::{find_by_handle, is_legal_handle, register};

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
