//! The wiring: what is listened to, in which order a request passes what, how the program comes up
//! and how it goes down. What a route does stands with its slice.

mod admission;
mod answered;
mod boot;
mod client_config;
mod cors;
mod documentation;
mod etag;
mod frame;
mod limits;
mod metrics;
mod probes;
mod security_group;
mod traces;

use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{self, Data, PayloadConfig, ServiceConfig};
use actix_web::{App, HttpServer};
use secrecy::SecretString;

use crate::admin::{self, Operations};
use crate::auth::{self, AdminGuard, Authenticator};
use crate::config::{Config, DatabaseLocation, HttpConfig};
use crate::db::{Connector, Health, Pool};
use crate::error::{Code, Error, Result, envelope};
use crate::http::endpoint;
use crate::ops::audit::Audit;
use crate::users::Newcomers;
use crate::web::{self as pages, Pages};
use crate::{activities, messages, users};
use boot::Boot;
pub use boot::Startup;
use documentation::Documentation;
pub use documentation::open_api;
use frame::Observers;
use limits::Limits;
use metrics::Metrics;
use traces::Traces;

/// Bytes of a request's body, unpacked.
const MAX_BODY: usize = 16 * 1024;
/// A client that has not sent its request's head by then is cut off.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// For how long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long requests in flight have to finish at the end; the database needs the rest of the ten
/// seconds.
const DRAIN_SECONDS: u64 = 5;

/// Adds routes to an `App` or a scope of it.
pub type Routes = fn(&mut ServiceConfig);

/// The server, listening.
pub struct Application {
    address: SocketAddr,
    server: Server,
    boot: Boot,
    pool: Pool,
    traces: Option<Arc<Traces>>,
    draining: Arc<AtomicBool>,
}

impl Application {
    /// Listens, and begins to bring up the rest; it waits for none of it.
    ///
    /// # Errors
    /// An address that cannot be listened on; a certificate file that cannot be read.
    pub fn start(config: &Config, startup: Startup) -> Result<Self> {
        Self::start_with(config, startup, |_| {})
    }

    /// The same with `further` routes in the scope `/api`, for measuring what the way there costs.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with(config: &Config, startup: Startup, further: Routes) -> Result<Self> {
        let listener = TcpListener::bind(config.http.address).map_err(|error| {
            let advice = format!(
                "cannot listen on {}: choose another BIND or PORT",
                config.http.address
            );
            Error::Operator(advice, Some(error.into()))
        })?;
        let address = listener
            .local_addr()
            .map_err(|error| Error::internal("the listener has no address", error))?;

        let health = Health::new();
        let connector = Connector::new(&config.database)?;
        let pool = Pool::new(&connector, config.database.pool_size, health.clone())?;
        let metrics = Metrics::new(pool.clone(), health.clone());
        let authenticator = Authenticator::new(
            &config.identity,
            address.ip().is_loopback(),
            health.clone(),
            pool.clone(),
        )?;
        let authenticator = Data::new(authenticator);
        let security_group = config.security_group.clone().map(|config| {
            let metrics = metrics.security_group();
            Arc::new(security_group::told(config, health.clone(), metrics))
        });
        let guard = AdminGuard::new(
            admin_token(config)?,
            authenticator.clone().into_inner(),
            config.limits.trusted_proxies.clone(),
        );
        let operations = Operations {
            connector: connector.clone(),
            pool: pool.clone(),
            health: health.clone(),
            environment: config.database.environment,
            audit: Audit::new(connector.for_server()),
            security_group: security_group.clone(),
        };
        let traces = config.traces.as_ref().map(Traces::new).transpose()?;
        let observers = Observers {
            metrics: metrics.clone(),
            traces: traces.map(Arc::new),
        };
        let newcomers = Newcomers::new(&config.identity, pool.clone());
        let limits = Arc::new(Limits::new(&config.limits));
        let draining = Arc::new(AtomicBool::new(false));
        let wiring = Wiring {
            http: Arc::new(config.http.clone()),
            health: Data::from(health.clone()),
            pool: Data::new(pool.clone()),
            activities: Arc::new(activities::Batches::new(&pool)?),
            observers: observers.clone(),
            authenticator,
            guard: Data::new(guard),
            operations: Data::new(operations),
            newcomers: Data::new(newcomers),
            identity: Data::new(config.identity.clone()),
            pages: Data::new(Pages::new(&config.identity)),
            limits: Data::from(limits.clone()),
            documentation: Data::default(),
            draining: Data::from(draining.clone()),
            further,
        };
        let server = wiring.serve(listener)?;
        let boot = Boot::begin(config, startup, connector, pool.clone(), health, metrics)
            .with_forever(async move { limits.sweep_forever().await })
            .with_security_group(security_group);
        tracing::info!(port = address.port(), "listening on http://{address}");
        Ok(Self {
            address,
            server,
            boot,
            pool,
            traces: observers.traces,
            draining,
        })
    }

    /// The port, which the system chose where `PORT` is 0.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Serves until SIGTERM or SIGINT, or until coming up has failed for good. Then: readiness
    /// red, requests in flight finish, the pool closes, the embedded database stops.
    ///
    /// # Errors
    /// Why coming up failed.
    pub async fn run_until_stopped(mut self) -> Result<()> {
        let handle: ServerHandle = self.server.handle();
        let server = tokio::spawn(self.server);
        let outcome = tokio::select! {
            signal = boot::terminated() => {
                tracing::info!(signal, "stopping: requests in flight may finish");
                Ok(())
            }
            failure = self.boot.failed() => Err(failure),
        };
        self.draining.store(true, Ordering::Release);
        handle.stop(true).await;
        // The server's own result repeats what was logged; it cannot fail any more.
        let _ = server.await;
        self.pool.close();
        if let Some(traces) = self.traces {
            traces.end().await;
        }
        self.boot.end();
        outcome
    }
}

/// What every worker's `App` is made of.
#[derive(Clone)]
struct Wiring {
    http: Arc<HttpConfig>,
    health: Data<Health>,
    pool: Data<Pool>,
    activities: Arc<activities::Batches>,
    observers: Observers,
    authenticator: Data<Authenticator>,
    guard: Data<AdminGuard>,
    operations: Data<Operations>,
    newcomers: Data<Newcomers>,
    identity: Data<crate::config::IdentityConfig>,
    pages: Data<Pages>,
    limits: Data<Limits>,
    documentation: Data<Documentation>,
    draining: Data<AtomicBool>,
    further: Routes,
}

impl Wiring {
    fn serve(self, listener: TcpListener) -> Result<Server> {
        let server = HttpServer::new(move || {
            let http = self.http.clone();
            let observers = Rc::new(self.observers.clone());
            App::new()
                .app_data(self.health.clone())
                .app_data(self.pool.clone())
                .app_data(Data::new(self.activities.for_worker()))
                .app_data(Data::new(self.observers.metrics.clone()))
                .app_data(self.authenticator.clone())
                .app_data(self.guard.clone())
                .app_data(self.operations.clone())
                .app_data(self.newcomers.clone())
                .app_data(self.identity.clone())
                .app_data(self.pages.clone())
                .app_data(self.limits.clone())
                .app_data(self.documentation.clone())
                .app_data(self.draining.clone())
                .app_data(Data::from(self.http.clone()))
                .app_data(PayloadConfig::new(MAX_BODY))
                // From the inside out: the last one sees a request first.
                .wrap(from_fn(etag::middleware))
                .wrap(Compress::default())
                .wrap(from_fn(admission::middleware))
                .wrap(from_fn(limits::middleware))
                .wrap(cors::policy(&http))
                .wrap(from_fn(envelope::middleware))
                .wrap(from_fn(move |request, next| {
                    frame::middleware(observers.clone(), request, next)
                }))
                .configure(|app| routes(app, self.further))
        });
        let server = server
            .client_request_timeout(HEAD_TIMEOUT)
            .keep_alive(KEEP_ALIVE)
            // Else the second of two answers on its way to a client waits until that has acknowledged the
            // first, which it may put off for 40 ms.
            .tcp_nodelay(true)
            .shutdown_timeout(DRAIN_SECONDS)
            .disable_signals()
            .listen(listener)
            .map_err(|error| Error::internal("the listener cannot be used", error))?;
        Ok(server.run())
    }
}

fn routes(app: &mut ServiceConfig, further: Routes) {
    // Tried in this order: what is asked most often comes first.
    app.service(endpoint("/api/health-check").get(probes::show_health_check))
        .service(endpoint("/api/config").get(client_config::show_config))
        .service(
            web::scope("/api")
                .wrap(from_fn(probes::refuse_until_ready))
                .configure(further)
                .service(web::scope("/activities").configure(activities::routes))
                .configure(messages::routes)
                .configure(users::routes)
                .default_service(web::to(no_route)),
        )
        .service(endpoint("/livez").get(probes::show_liveness))
        .service(endpoint("/readyz").get(probes::show_readiness))
        .service(endpoint("/metrics").get(metrics::show_metrics))
        .configure(documentation::routes)
        .configure(admin::routes)
        .configure(pages::routes)
        .default_service(web::to(no_route));
}

async fn no_route() -> Result<String> {
    Err(Code::RouteNotFound.into())
}

/// The configured one; on the embedded default, that of the data directory.
fn admin_token(config: &Config) -> Result<Option<SecretString>> {
    match (&config.admin.token, &config.database.target) {
        (None, DatabaseLocation::Embedded(settings)) => {
            let data_dir = settings.config().make_data_dir()?;
            auth::find_or_make_admin_token(&data_dir).map(Some)
        }
        (token, _) => Ok(token.clone()),
    }
}
