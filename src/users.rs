//! People: finding them by handle, and the development identity's list of them. `model` is pure,
//! `handlers` speak HTTP, `store` holds one function for each statement of `sql/`.

mod handlers;
mod model;
mod store;

use actix_web::web::ServiceConfig;
use utoipa::OpenApi;

use crate::http::endpoint;
pub use model::ShortUser;
pub use store::find_by_handle;

/// The slice's routes, below `/api`.
pub fn routes(scope: &mut ServiceConfig) {
    scope
        .service(endpoint("/dev/users").get(handlers::list_development_users))
        .service(endpoint("/dev/session").post(handlers::create_development_session));
}

/// The slice's part of the API's documentation.
#[derive(OpenApi)]
#[openapi(paths(handlers::list_development_users, handlers::create_development_session))]
pub struct Api;
