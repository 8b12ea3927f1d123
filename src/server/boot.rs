//! Starts everything but the listener: the embedded database, the schema, the demo data, the security group, and the
//! background tasks that run until the server stops. The server listens meanwhile, but `/readyz` responds 503.

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing_appender::non_blocking::ErrorCounter;

use super::metrics::Metrics;
use super::security_group::keep_in_step;
use crate::activities;
use crate::config::{Config, DatabaseLocation, EmbeddedSettings, Environment};
use crate::db::embedded::Embedded;
use crate::db::{Connector, Health, Pool, prober};
use crate::error::{Error, Result};
use crate::operations::security_group::SecurityGroup;
use crate::operations::{migrations, seeds};

/// What the command line passes to the server besides the configuration.
#[derive(Debug, Clone, Default)]
pub struct Startup {
    /// Migrates an external database. The embedded one is always migrated.
    pub migrate: bool,
    /// Counts the lines that the log has dropped, for the metrics; `None` without a log.
    pub dropped_log_lines: Option<ErrorCounter>,
}

/// The tasks of a running server.
pub struct Boot {
    database: JoinHandle<Result<Option<Embedded>>>,
    /// Ends with an error, or when the rule needs no more checks.
    security_group: Option<JoinHandle<Result<()>>>,
    forever: Vec<JoinHandle<()>>,
    embedded: Option<Embedded>,
}

impl Boot {
    /// Starts every task but that of the security group, without waiting for any of them.
    pub fn begin(
        config: &Config,
        startup: &Startup,
        connector: Connector,
        pool: Pool,
        health: Arc<Health>,
        metrics: Metrics,
    ) -> Self {
        let forever = vec![
            tokio::spawn(prober::probe_forever(
                health.clone(),
                connector.for_server(),
                pool.clone(),
            )),
            tokio::spawn(activities::purge_forever(pool.clone(), metrics.purged())),
            tokio::spawn(activities::flush_forever(pool)),
        ];
        let environment = config.database.environment;
        let database = match config.database.target.clone() {
            DatabaseLocation::Embedded(settings) => {
                health.hold();
                tokio::spawn(bring_up_embedded(settings, connector, health))
            }
            DatabaseLocation::Url(_) if startup.migrate => {
                tokio::spawn(migrate_external(environment, connector, health))
            }
            DatabaseLocation::Url(_) => tokio::spawn(async { Ok(None) }),
        };
        Self {
            database,
            security_group: None,
            forever,
            embedded: None,
        }
    }

    /// Adds a background task.
    pub fn with_forever(mut self, task: impl Future<Output = ()> + Send + 'static) -> Self {
        self.forever.push(tokio::spawn(task));
        self
    }

    /// Starts to synchronise the security-group rule, at the same time as the database starts.
    #[must_use]
    pub fn with_security_group(self, group: Option<Arc<SecurityGroup>>) -> Self {
        Self {
            security_group: group.map(|group| tokio::spawn(keep_in_step(group))),
            ..self
        }
    }

    /// Waits for the start to fail and returns its error; never returns if the start succeeds.
    pub async fn failed(&mut self) -> Error {
        let security_group = self.security_group.as_mut();
        let starting = async {
            match (&mut self.database).await {
                Ok(Ok(embedded)) => self.embedded = embedded,
                Ok(Err(error)) => return error,
                Err(error) => {
                    return Error::internal("the task that starts the database panicked", error);
                }
            }
            std::future::pending().await
        };
        let rule = async {
            if let Some(task) = security_group {
                match task.await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => return error,
                    Err(error) => {
                        return Error::internal("the security group's task panicked", error);
                    }
                }
            }
            std::future::pending().await
        };
        tokio::select! {
            failure = starting => failure,
            failure = rule => failure,
        }
    }

    /// Aborts every task, then stops the embedded database.
    pub fn end(self) {
        self.database.abort();
        if let Some(task) = self.security_group {
            task.abort();
        }
        for task in self.forever {
            task.abort();
        }
        if let Some(embedded) = self.embedded {
            embedded.stop();
        }
    }
}

async fn bring_up_embedded(
    settings: EmbeddedSettings,
    connector: Connector,
    health: Arc<Health>,
) -> Result<Option<Embedded>> {
    let (sender, started) = oneshot::channel();
    // A thread outside the runtime, because the runtime waits for its own threads at the end of the process, and crash
    // recovery may take minutes.
    std::thread::spawn(move || {
        // The receiver was dropped if the server stops already; then dropping the value stops PostgreSQL.
        let _ = sender.send(Embedded::start(settings.config()));
    });
    let embedded = started.await.map_err(|error| {
        Error::internal(
            "the thread that starts the embedded database panicked",
            error,
        )
    })??;
    health.request_probe();
    let stamp = migrate(Environment::Development, &connector).await?;
    let has_demo = seeds::status(&connector)
        .await?
        .iter()
        .any(|seed| seed.set == seeds::DEMO && seed.loaded);
    // A production database may have been restored into the embedded one; it gets no demo data.
    if stamp == Some(Environment::Development) && !has_demo {
        seeds::load(&connector, seeds::DEMO, None).await?;
        tracing::info!("loaded the demo data");
    }
    health.release();
    Ok(Some(embedded))
}

async fn migrate_external(
    environment: Environment,
    connector: Connector,
    health: Arc<Health>,
) -> Result<Option<Embedded>> {
    health.wait_for(|state| state.reachable).await;
    migrate(environment, &connector).await?;
    health.request_probe();
    Ok(None)
}

/// Migrates the database and returns the environment that it is stamped with.
async fn migrate(environment: Environment, connector: &Connector) -> Result<Option<Environment>> {
    let options = migrations::Options {
        environment,
        dry_run: false,
        target: None,
        expired: None,
    };
    let report = migrations::migrate(connector, &options).await?;
    let (applied, repaired) = (report.applied_now.len(), report.repaired_now.len());
    tracing::info!(applied, repaired, "the migrations are done");
    Ok(report.environment)
}

/// Waits for SIGTERM or SIGINT and returns its name.
pub async fn terminated() -> &'static str {
    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}
