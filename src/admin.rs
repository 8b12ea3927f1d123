//! The HTTP door to `ops`, for operators only. `gate` stands before every route: it asks who it is,
//! keeps a reader from writing, and writes the call down. A handler adds no logic: it calls a
//! function of `ops` and serialises the report.
//!
//! To add a route: write the operation in `ops` with a report that is `Serialize + ToSchema`; write
//! a handler of a few lines in a file of this folder, with `#[utoipa::path(…, security(("admin" =
//! [])))]` and, where the body may be missing, [`Order`]; list it in [`routes`] and in [`Api`].
//! What the handler needs beside [`Operations`] comes as `Data` of its own, made in `server`. A
//! GET is open to readers. An `Error::Operator` reaches the operator as 422 `operation_failed`
//! with the text in `detail`, an `Error::Guarded` as 409 `refused_by_guard`.

mod activities;
mod audit;
mod database;
mod gate;
mod migrations;
mod order;
mod security_group;
mod seeds;
mod sessions;
mod status;
mod users;

use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use utoipa::OpenApi;

use crate::config::Environment;
use crate::db::{Connector, Health, Pool};
use crate::error::{Code, Result};
use crate::http::endpoint;
use crate::ops::audit::Audit;
use crate::ops::security_group::SecurityGroup;
pub use order::Order;

/// What the operations work on.
pub struct Operations {
    pub connector: Connector,
    pub pool: Pool,
    pub health: Arc<Health>,
    /// The stamp that a new database gets.
    pub environment: Environment,
    pub audit: Audit,
    /// Where one is configured.
    pub security_group: Option<Arc<SecurityGroup>>,
}

/// The scope, whole. It does not wait for the schema.
pub fn routes(app: &mut ServiceConfig) {
    app.service(
        web::scope("/admin")
            .wrap(from_fn(gate::middleware))
            .service(endpoint("/status").get(status::show_status))
            .service(
                endpoint("/migrations")
                    .without_deadline()
                    .get(migrations::show_migrations)
                    .post(migrations::apply_migrations),
            )
            .service(
                endpoint("/users/sync")
                    .without_deadline()
                    .post(users::sync_users),
            )
            .service(
                endpoint("/security-group")
                    .without_deadline()
                    .get(security_group::show_security_group),
            )
            .service(
                endpoint("/security-group/sync")
                    .without_deadline()
                    .post(security_group::sync_security_group),
            )
            .service(
                endpoint("/seeds")
                    .without_deadline()
                    .get(seeds::list_seeds)
                    .post(seeds::load_seeds),
            )
            .service(endpoint("/sessions").get(sessions::list_sessions))
            .service(
                endpoint("/sessions/{pid}/cancel")
                    .without_deadline()
                    .post(sessions::cancel_session),
            )
            .service(
                endpoint("/sessions/{pid}")
                    .without_deadline()
                    .delete(sessions::terminate_session),
            )
            .service(
                endpoint("/database/create")
                    .without_deadline()
                    .post(database::create_database),
            )
            .service(
                endpoint("/database/drop")
                    .without_deadline()
                    .post(database::drop_database),
            )
            .service(
                endpoint("/database/setup")
                    .without_deadline()
                    .post(database::set_up_database),
            )
            .service(endpoint("/activities/{uuid}").delete(activities::remove_activity))
            .service(endpoint("/audit").get(audit::list_audit))
            .default_service(web::to(no_route)),
    );
}

async fn no_route() -> Result<String> {
    Err(Code::RouteNotFound.into())
}

/// The scope's part of the API's documentation.
#[derive(OpenApi)]
#[openapi(paths(
    status::show_status,
    migrations::show_migrations,
    migrations::apply_migrations,
    security_group::show_security_group,
    security_group::sync_security_group,
    seeds::list_seeds,
    seeds::load_seeds,
    sessions::list_sessions,
    sessions::cancel_session,
    sessions::terminate_session,
    database::create_database,
    database::drop_database,
    database::set_up_database,
    activities::remove_activity,
    audit::list_audit,
    users::sync_users,
))]
pub struct Api;
