//! The Actix `App` of each worker: the values that handlers receive, the middleware in its order, and the limits of a
//! connection. `router` lists the routes.

use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{Data, PayloadConfig};
use actix_web::{App, HttpServer};

use super::documentation::Documentation;
use super::rate_limits::{self, RateLimits};
use super::request_context::{self, Observers};
use super::router::{self, ConfigureScope};
use super::{cors, etag};
use crate::account::Exports;
use crate::activities;
use crate::auth::{AdminGuard, Authenticator};
use crate::config::{HttpConfig, IdentityConfig};
use crate::db::{Health, Pool};
use crate::error::{Error, Result, envelope};
use crate::messages::MessagePool;
use crate::operations::context::Operations;
use crate::users::Provisioner;
use crate::web::Pages;

/// The maximum size of a request's body, in bytes after decompression.
const MAX_BODY: usize = 16 * 1024;
/// The server closes a connection that has not sent the head of its request within this time.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// The time that running requests have to finish when the server stops. Container runtimes kill a process ten seconds
/// after SIGTERM, and the embedded database needs the remaining five.
const DRAIN_SECONDS: u64 = 5;

/// The values that all Actix workers share, and from which each makes its `App`.
#[derive(Clone)]
pub struct SharedData {
    pub http: Arc<HttpConfig>,
    pub health: Data<Health>,
    pub pool: Data<Pool>,
    pub activities: Arc<activities::SharedBatches>,
    pub searches: Data<activities::Searches>,
    pub messages: Data<MessagePool>,
    pub exports: Data<Exports>,
    pub observers: Observers,
    pub authenticator: Data<Authenticator>,
    pub guard: Data<AdminGuard>,
    pub operations: Data<Operations>,
    pub provisioner: Data<Provisioner>,
    pub identity: Data<IdentityConfig>,
    pub pages: Data<Pages>,
    pub limits: Data<RateLimits>,
    pub documentation: Data<Documentation>,
    pub draining: Data<AtomicBool>,
    pub further: ConfigureScope,
}

impl SharedData {
    /// Serves the requests of `listener`, with one `App` for each worker.
    ///
    /// # Errors
    /// Actix cannot use the listener.
    pub fn serve(self, listener: TcpListener, keep_alive: Duration) -> Result<Server> {
        let server = HttpServer::new(move || {
            let http = self.http.clone();
            let observers = Rc::new(self.observers.clone());
            App::new()
                .app_data(self.health.clone())
                .app_data(self.pool.clone())
                .app_data(Data::new(self.activities.for_worker()))
                .app_data(self.searches.clone())
                .app_data(self.messages.clone())
                .app_data(self.exports.clone())
                .app_data(Data::new(self.observers.metrics.clone()))
                .app_data(self.authenticator.clone())
                .app_data(self.guard.clone())
                .app_data(self.operations.clone())
                .app_data(self.provisioner.clone())
                .app_data(self.identity.clone())
                .app_data(self.pages.clone())
                .app_data(self.limits.clone())
                .app_data(self.documentation.clone())
                .app_data(self.draining.clone())
                .app_data(Data::from(self.http.clone()))
                .app_data(PayloadConfig::new(MAX_BODY))
                // A request passes the last layer first.
                .wrap(from_fn(etag::middleware))
                .wrap(Compress::default())
                .wrap(from_fn(router::refuse_early))
                .wrap(from_fn(rate_limits::middleware))
                .wrap(cors::policy(&http))
                .wrap(from_fn(envelope::middleware))
                .wrap(from_fn(move |request, next| {
                    request_context::middleware(observers.clone(), request, next)
                }))
                .configure(|app| router::configure(app, self.further))
        });
        let server = server
            .client_request_timeout(HEAD_TIMEOUT)
            .keep_alive(keep_alive)
            // Otherwise the second of two responses would wait for the client's acknowledgement of the first, which the
            // client may delay by 40 ms.
            .tcp_nodelay(true)
            .shutdown_timeout(DRAIN_SECONDS)
            .disable_signals()
            .listen(listener)
            .map_err(|error| Error::internal("the server cannot use the listener", error))?;
        Ok(server.run())
    }
}
