//! Private messages between two users: groups, conversations and sending. For any other user a group does not
//! exist. `model` does no I/O, `handlers` serve the routes, `store` has one function for each statement of
//! `sql/`.

mod handlers;
mod model;
mod store;

use actix_web::web::ServiceConfig;
use utoipa::OpenApi;

use crate::http::endpoint;
pub use model::MAX_DIRECT_MESSAGE_CHARS;

/// The slice's routes, below `/api`.
pub fn routes(scope: &mut ServiceConfig) {
    scope
        .service(endpoint("/message_groups").get(handlers::list_message_groups))
        .service(endpoint("/messages").post(handlers::create_message))
        .service(endpoint("/messages/@{handle}").get(handlers::list_messages_with_user))
        .service(endpoint("/messages/{uuid}").get(handlers::list_messages));
}

/// The slice's part of the API's documentation.
#[derive(OpenApi)]
#[openapi(paths(
    handlers::list_message_groups,
    handlers::list_messages_with_user,
    handlers::list_messages,
    handlers::create_message,
))]
pub struct Api;
