//! The HTTP server: its listener, its middleware and routes, its start and its end. The handlers of the routes are in
//! the slices `account`, `activities`, `messages`, `moderation`, `notifications`, `reactions` and `users` and in
//! `operations`.
//!
//! A request passes the middleware in this order: `request_context` (id, metrics, access log, `security_headers`),
//! `error::envelope`, `cors`, `rate_limits`, `origin_check` and `accepts_json`, compression, `etag`, and then its route.
//! `app` registers them, and `boot` runs the start and the background tasks.

mod access_log;
mod admin_token;
mod admission;
mod app;
mod banner;
mod boot;
mod client_config;
mod cors;
mod documentation;
mod etag;
mod listener;
mod metrics;
mod origin_check;
mod pipelining;
mod probes;
mod rate_limits;
mod request_context;
mod request_heads;
mod response_body;
mod router;
mod routes;
mod sampler;
mod security_group;
mod security_headers;
mod served_request;
mod traces;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web::Data;
use futures_util::FutureExt;

use crate::account::Exports;
use crate::activities;
use crate::auth::{AdminGuard, Authenticator};
use crate::changes::Cache;
use crate::config::Config;
use crate::db::{Connector, Health, Pool};
use crate::error::{Error, Result};
use crate::live::{self, Hub, Live, look_forever};
use crate::messages::MessagePool;
use crate::operations::audit::AuditLog;
use crate::operations::backup::Archives;
use crate::operations::context::Operations;
use crate::operations::history::History;
use crate::operations::sessions::SessionsConnection;
use crate::operations::termination::{SIGTERM, Termination};
use crate::reactions;
use crate::users::Provisioner;
use crate::web::Pages;
use app::SharedData;
use banner::Banner;
use boot::Boot;
pub use boot::Startup;
pub use documentation::open_api;
use metrics::Metrics;
use rate_limits::RateLimits;
use request_context::Observers;
pub use router::ConfigureScope;
use traces::Traces;

/// A running server.
pub struct Application {
    address: SocketAddr,
    banner: Arc<Banner>,
    server: Server,
    boot: Boot,
    pool: Pool,
    audit: Arc<AuditLog>,
    traces: Option<Arc<Traces>>,
    draining: Arc<AtomicBool>,
    hub: Arc<Hub>,
    shutdown_delay: Duration,
}

impl Application {
    /// Listens, and starts the database and the background tasks without waiting for them.
    ///
    /// # Errors
    /// The server cannot listen on the address; a certificate file cannot be read.
    pub fn start(config: &Config, startup: Startup) -> Result<Self> {
        Self::start_with(config, startup, |_| {})
    }

    /// Like [`start`](Self::start), with `further` routes in the scope `/api`. The benchmarks add a route that does
    /// nothing, to measure the middleware alone.
    ///
    /// # Errors
    /// Those of [`start`](Self::start).
    pub fn start_with(config: &Config, startup: Startup, further: ConfigureScope) -> Result<Self> {
        let listener = listener::listen(config.http.address)?;
        let address = listener
            .local_addr()
            .map_err(|error| Error::internal("the listener's address cannot be read", error))?;

        let health = Health::new();
        let connector = Connector::new(&config.database)?;
        let max_connections = config.database.max_connections;
        let metrics = Metrics::new(startup.dropped_log_lines.clone());
        let pool = Pool::limited(
            &connector,
            config.database.pool_size,
            // One is the prober's.
            max_connections.map(|max| max - 1),
            health.clone(),
            metrics.database.clone(),
        )?;
        let authenticator = Authenticator::new(
            &config.identity,
            address.ip().is_loopback(),
            health.clone(),
            pool.clone(),
            metrics.sign_ins.clone(),
        )?;
        let authenticator = Data::new(authenticator);
        let security_group = config.security_group.clone().map(|config| {
            let counts = metrics.security_group.clone();
            let group = security_group::observed(config, health.clone(), counts, &metrics.jobs);
            Arc::new(group)
        });
        let guard = Data::new(AdminGuard::new(
            admin_token::find(config)?,
            authenticator.clone().into_inner(),
            config.limits.trusted_proxies.clone(),
        ));
        let audit = AuditLog::new(connector.for_server(), guard.clone().into_inner());
        let audit = Arc::new(audit);
        let sessions = Arc::new(SessionsConnection::new(connector.for_server()));
        let history = Arc::new(History::default());
        let operations = Operations {
            connector: connector.clone(),
            pool: pool.clone(),
            health: health.clone(),
            environment: config.database.environment,
            audit: audit.clone(),
            sessions: sessions.clone(),
            security_group: security_group.clone(),
            history: history.clone(),
            archives: Archives::default(),
            database: config.database.clone(),
            jobs: metrics.jobs.clone(),
            settings: config.in_force.clone(),
        };
        let traces = config.traces.as_ref().map(Traces::new).transpose()?;
        let draining = Arc::new(AtomicBool::new(false));
        let observers = Observers {
            metrics: metrics.clone(),
            traces: traces.map(Arc::new),
            draining: draining.clone(),
        };
        let provisioner = Provisioner::new(&config.identity, pool.clone());
        let limits = Arc::new(RateLimits::new(&config.limits, metrics.limits.clone()));
        let hub = Arc::new(Hub::new(config.http.max_streams, metrics.live.clone()));
        let shared = SharedData {
            http: Arc::new(config.http.clone()),
            health: Data::from(health.clone()),
            pool: Data::new(pool.clone()),
            cache: Arc::new(Cache::new(
                &pool,
                config.http.cache_bytes,
                metrics.cache.clone(),
                |db, uuids| activities::read_list_items(db, uuids).boxed(),
            )?),
            activities: Arc::new(activities::SharedBatches::new(
                &pool,
                config.http.client_generation,
                metrics.activities.search_tail.clone(),
            )?),
            searches: Data::new(activities::Searches::new(&pool)?),
            messages: Data::new(MessagePool::new(&pool)?),
            reactions: Data::new(reactions::Batches::new(&pool)?),
            exports: Data::new(Exports::default()),
            live: Data::new(Live::new(hub.clone(), pool.clone(), &config.limits)),
            observers: observers.clone(),
            authenticator: authenticator.clone(),
            guard,
            operations: Data::new(operations),
            provisioner: Data::new(provisioner),
            identity: Data::new(config.identity.clone()),
            pages: Data::new(Pages::new(
                &config.identity,
                config.http.public_origin(address.port()),
            )),
            limits: Data::from(limits.clone()),
            documentation: Data::default(),
            draining: Data::from(draining.clone()),
            further,
        };
        let keep_alive = listener::keep_alive(&config.limits.trusted_proxies);
        let server = shared.serve(listener, keep_alive)?;
        let watched = health.clone();
        let banner = Banner::new(config, address, health.clone(), authenticator.into_inner());
        let sweep = metrics.jobs.add(
            "limits",
            rate_limits::SWEEP,
            "forgets clients whose rate limit is full again",
        );
        let sampler = sampler::sample_forever(metrics.http.clone(), pool.clone(), history);
        let look_pool = pool.for_batches("live", live::CONNECTIONS)?;
        let boot = Boot::begin(config, &startup, connector, pool.clone(), health, &metrics)
            .with_forever(async move { limits.sweep_forever(sweep).await })
            .with_forever(sampler)
            .with_forever(look_forever(hub.clone(), look_pool, metrics.live.clone()))
            .with_forever({
                let audit = audit.clone();
                async move { audit.write_forever().await }
            })
            .with_security_group(security_group);
        let boot = match max_connections {
            None => boot.with_forever(async move { sessions.keep_open_forever(&watched).await }),
            Some(_) => boot,
        };
        tracing::info!(port = address.port(), "listening on http://{address}");
        Ok(Self {
            address,
            banner: Arc::new(banner),
            server,
            boot,
            pool,
            audit,
            traces: observers.traces,
            draining,
            hub,
            shutdown_delay: config.http.shutdown_delay,
        })
    }

    /// The port that the server listens on; the operating system chose it if `PORT` is 0.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Calls `print` with the banner when the server is ready.
    #[must_use]
    pub fn with_banner(mut self, print: impl FnOnce(&str) + Send + 'static) -> Self {
        let banner = self.banner.clone();
        let when_ready = async move { print(&banner.when_ready().await) };
        self.boot = self.boot.with_forever(when_ready);
        self
    }

    /// Serves until SIGTERM or SIGINT, or until the start has failed. Then `/readyz` responds 503 and every response
    /// closes its connection; streams end. After SIGTERM the server accepts requests for `SHUTDOWN_DELAY` more, or until a second
    /// signal, so that a load balancer can send them elsewhere. Then running requests finish, the pool closes, and the
    /// embedded database stops.
    ///
    /// # Errors
    /// The start failed.
    pub async fn run_until_stopped(mut self) -> Result<()> {
        let mut termination = Termination::listen()?;
        let handle: ServerHandle = self.server.handle();
        let server = tokio::spawn(self.server);
        let stopped = tokio::select! {
            signal = termination.received() => Ok(signal),
            failure = self.boot.failed() => Err(failure),
        };
        self.draining.store(true, Ordering::Release);
        self.hub.end();
        if let Ok(signal) = stopped {
            let delay = match signal {
                SIGTERM => self.shutdown_delay,
                _ => Duration::ZERO,
            };
            tracing::info!(signal, ?delay, "stopping: /readyz responds 503");
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                _ = termination.received() => {}
            }
            tracing::info!("no more connections are accepted; running requests may finish");
        }
        handle.stop(true).await;
        // Actix has logged its error already, and the process ends in any case.
        let _ = server.await;
        self.audit.flush().await;
        self.pool.close();
        if let Some(traces) = self.traces {
            traces.end().await;
        }
        self.boot.end();
        stopped.map(|_| ())
    }
}
