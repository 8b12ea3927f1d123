//! The Actix `App` of each worker: the values that handlers receive, the middleware in its order, and the limits of a
//! connection. `router` lists the routes.

use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use actix_http::{HttpService, Protocol};
use actix_service::{
    IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config,
};
use actix_web::App;
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Server, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::rt::net::TcpStream;
use actix_web::web::{Data, PayloadConfig};

use super::documentation::Documentation;
use super::pipelining::PacedStream;
use super::rate_limits::RateLimits;
use super::request_context::{self, Observers};
use super::router::{self, ConfigureScope};
use super::{admission, cors, etag};
use crate::account::Exports;
use crate::activities;
use crate::auth::{AdminGuard, Authenticator};
use crate::changes::Cache;
use crate::config::{HttpConfig, IdentityConfig};
use crate::db::{Health, Pool};
use crate::error::{Error, Result};
use crate::live::Live;
use crate::messages::MessagePool;
use crate::operations::context::Operations;
use crate::reactions;
use crate::users::Provisioner;
use crate::web::Pages;

/// The maximum size of a request's body, in bytes after decompression.
const MAX_BODY: usize = 16 * 1024;
/// The server closes a connection that has not sent the head of its request within this time.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// The time that a client has to read the end of a response and to close its end of the connection.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// The time that running requests have to finish when the server stops. Container runtimes kill a process ten seconds
/// after SIGTERM, and the embedded database needs the remaining five.
const DRAIN_SECONDS: u64 = 5;

/// The values that all Actix workers share, and from which each makes its `App`.
#[derive(Clone)]
pub struct SharedData {
    pub http: Arc<HttpConfig>,
    pub health: Data<Health>,
    pub pool: Data<Pool>,
    pub cache: Arc<Cache>,
    pub activities: Arc<activities::SharedBatches>,
    pub searches: Data<activities::Searches>,
    pub messages: Data<MessagePool>,
    pub reactions: Data<reactions::Batches>,
    pub exports: Data<Exports>,
    pub live: Data<Live>,
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
        let builder = Server::build()
            .disable_signals()
            .shutdown_timeout(DRAIN_SECONDS);
        let stopping = builder.graceful_shutdown_signal();
        // As HttpServer does it, but with streams that limit what a connection reads.
        let connections = move || {
            let stopping = stopping.clone();
            let app = self.clone().app().into_factory();
            let app = app.map_err(|error: actix_web::Error| error.error_response());
            let http = HttpService::build()
                .graceful_shutdown_signal(move || {
                    let stopping = stopping.clone();
                    async move { stopping.notified().await }
                })
                .client_request_timeout(HEAD_TIMEOUT)
                .client_disconnect_timeout(DISCONNECT_TIMEOUT)
                .keep_alive(keep_alive)
                .on_connect_ext(|stream: &PacedStream, data| {
                    data.insert(stream.unanswered());
                    data.insert(stream.peer());
                })
                .finish(map_config(app, |()| AppConfig::default()));
            fn_service(async |stream: TcpStream| {
                // Otherwise the second of two responses would wait for the client's acknowledgement of the first, which
                // the client may delay by 40 ms.
                let _ = stream.set_nodelay(true);
                let peer = stream.peer_addr().ok();
                Ok((PacedStream::new(stream), Protocol::Http1, peer))
            })
            .and_then(http)
        };
        let server = builder.listen("http", listener, connections);
        let server =
            server.map_err(|error| Error::internal("the server cannot use the listener", error))?;
        Ok(server.run())
    }

    /// The `App` of the current worker.
    fn app(
        self,
    ) -> App<
        impl ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<impl MessageBody>,
            Error = actix_web::Error,
            InitError = (),
        >,
    > {
        let http = self.http.clone();
        let observers = Rc::new(self.observers.clone());
        let cache = Data::new(self.cache.for_worker());
        let activities = self.activities.for_worker(cache.clone().into_inner());
        App::new()
            .app_data(self.health)
            .app_data(self.pool)
            .app_data(cache)
            .app_data(Data::new(activities))
            .app_data(self.searches)
            .app_data(self.messages)
            .app_data(self.reactions)
            .app_data(self.exports)
            .app_data(self.live)
            .app_data(Data::new(self.observers.metrics))
            .app_data(self.authenticator)
            .app_data(self.guard)
            .app_data(self.operations)
            .app_data(self.provisioner)
            .app_data(self.identity)
            .app_data(self.pages)
            .app_data(self.limits)
            .app_data(self.documentation)
            .app_data(self.draining)
            .app_data(Data::from(self.http))
            .app_data(PayloadConfig::new(MAX_BODY))
            // A request passes the last layer first.
            .wrap(from_fn(etag::middleware))
            .wrap(Compress::default())
            .wrap(from_fn(admission::middleware))
            .wrap(cors::policy(&http))
            .wrap(from_fn(move |request, next| {
                request_context::middleware(observers.clone(), request, next)
            }))
            .configure(|app| router::configure(app, self.further))
    }
}
