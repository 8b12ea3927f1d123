//! The scope `/admin`: its routes and the middleware `admin_gate`. A handler adds no logic: it calls the
//! function of its operation and serialises the report.
//!
//! The middleware permits only GET and HEAD to a read-only operator. `Error::Operator` becomes 422 `operation_failed` with
//! its text in `detail`, `Error::Guarded` becomes 409 `refused_by_guard`.

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};

use super::admin_gate;
use super::audit::http as audit;
use super::backup::http as backup;
use super::database::http as database;
use super::history::http as history;
use super::inspect::http as inspect;
use super::jobs::http as jobs;
use super::migrations::http as migrations;
use super::moderation::http as moderation;
use super::reports::http as reports;
use super::security_group::http as security_group;
use super::seeds::http as seeds;
use super::sessions::http as sessions;
use super::settings::http as settings;
use super::status::http as status;
use super::suspensions::http as suspensions;
use super::users::http as users;
use crate::error::{Code, Result};
use crate::http::{Routes, routes};

/// The routes below `/admin`. An operation has no deadline: its duration depends on the database or on AWS.
pub fn routes() -> Routes {
    let operations = routes![
        migrations::show_migrations,
        migrations::apply_migrations,
        security_group::show_security_group,
        security_group::sync_security_group,
        security_group::grant_security_group,
        seeds::list_seeds,
        seeds::load_seeds,
        sessions::cancel_session,
        sessions::terminate_session,
        database::create_database,
        database::drop_database,
        database::set_up_database,
        backup::back_up_database,
        backup::restore_database,
        users::sync_users,
        users::link_users,
    ];
    operations.without_deadline().and(routes![
        status::show_status,
        history::list_history,
        jobs::list_jobs,
        settings::list_settings,
        inspect::inspect_database,
        sessions::list_sessions,
        moderation::remove_activity,
        reports::list_reports,
        reports::show_report,
        reports::close_report,
        audit::list_audit,
        suspensions::list_suspended_users,
        suspensions::show_suspension,
        suspensions::suspend_user,
        suspensions::reinstate_user,
    ])
}

/// Adds the scope, which serves requests even while the schema is not current.
pub fn configure(app: &mut ServiceConfig) {
    app.service(
        web::scope("/admin")
            .wrap(from_fn(admin_gate::middleware))
            .configure(routes().below("/admin"))
            .default_service(web::to(no_route)),
    );
}

async fn no_route() -> Result<String> {
    Err(Code::RouteNotFound.into())
}
