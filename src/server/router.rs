//! The scopes of all routes.

use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};

use super::routes::{monitoring_routes, ungated_routes};
use super::{documentation, probes};
use crate::error::{Code, Result};
use crate::operations::routes as operations;
use crate::web as pages;
use crate::{account, activities, live, messages, moderation, notifications, reactions, users};

/// Configures an `App` or a scope of it.
pub type ConfigureScope = fn(&mut ServiceConfig);

/// Registers every route. `further` adds routes to the scope `/api`, for the benchmarks.
pub fn configure(app: &mut ServiceConfig, further: ConfigureScope) {
    // Actix tries them in this order, so the paths that are requested most often come first.
    app.configure(ungated_routes().below(""))
        .service(
            web::scope("/api")
                .wrap(from_fn(probes::refuse_until_ready))
                .configure(further)
                .service(
                    web::scope("/activities")
                        .configure(activities::routes().below("/api/activities"))
                        .configure(moderation::activity_routes().below("/api/activities"))
                        .configure(reactions::activity_routes().below("/api/activities")),
                )
                .configure(live::routes().below("/api"))
                .configure(messages::routes().below("/api"))
                .configure(notifications::routes().below("/api"))
                .configure(users::routes().and(account::routes()).below("/api"))
                .configure(moderation::routes().below("/api"))
                .configure(reactions::user_routes().below("/api"))
                .default_service(web::to(no_route)),
        )
        .configure(monitoring_routes().below(""))
        .configure(documentation::routes)
        .configure(operations::configure)
        .configure(pages::routes);
}

async fn no_route() -> Result<String> {
    Err(Code::RouteNotFound.into())
}
