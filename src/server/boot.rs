//! Coming up behind the listener: the embedded database, the schema, the example data, the
//! security group, and the two tasks that never end. None of it is waited for by anybody but readiness.

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::metrics::Metrics;
use super::security_group::keep_in_step;
use crate::activities;
use crate::config::{Config, DatabaseLocation, EmbeddedSettings, Environment};
use crate::db::embedded::Embedded;
use crate::db::{Connector, Health, Pool};
use crate::error::{Error, Result};
use crate::ops::security_group::SecurityGroup;
use crate::ops::{migrations, seeds};

/// What was asked for on the command line.
#[derive(Debug, Clone, Copy, Default)]
pub struct Startup {
    /// Migrate an outside database; the embedded one always is.
    pub migrate: bool,
}

/// The tasks of a running server.
pub struct Boot {
    coming_up: JoinHandle<Result<Option<Embedded>>>,
    /// Ends only for good: with an error, or where there is nothing more to do.
    security_group: Option<JoinHandle<Result<()>>>,
    forever: Vec<JoinHandle<()>>,
    embedded: Option<Embedded>,
}

impl Boot {
    pub fn begin(
        config: &Config,
        startup: Startup,
        connector: Connector,
        pool: Pool,
        health: Arc<Health>,
        metrics: Metrics,
    ) -> Self {
        let forever = vec![
            tokio::spawn(health.clone().watch(connector.for_server(), pool.clone())),
            tokio::spawn(activities::purge_forever(pool.clone(), metrics.purged())),
            tokio::spawn(activities::settle_forever(pool)),
        ];
        let environment = config.database.environment;
        let coming_up = match config.database.target.clone() {
            DatabaseLocation::Embedded(settings) => {
                health.hold();
                tokio::spawn(bring_up_embedded(settings, connector, health))
            }
            DatabaseLocation::Url(_) if startup.migrate => {
                tokio::spawn(migrate_outside(environment, connector, health))
            }
            DatabaseLocation::Url(_) => tokio::spawn(async { Ok(None) }),
        };
        Self {
            coming_up,
            security_group: None,
            forever,
            embedded: None,
        }
    }

    /// One more task that never ends.
    pub fn with_forever(mut self, task: impl Future<Output = ()> + Send + 'static) -> Self {
        self.forever.push(tokio::spawn(task));
        self
    }

    /// Brings the rule in step beside the database: either may need the other's time.
    #[must_use]
    pub fn with_security_group(self, group: Option<Arc<SecurityGroup>>) -> Self {
        Self {
            security_group: group.map(|group| tokio::spawn(keep_in_step(group))),
            ..self
        }
    }

    /// Returns only when coming up has failed for good.
    pub async fn failed(&mut self) -> Error {
        let security_group = self.security_group.as_mut();
        let database = async {
            match (&mut self.coming_up).await {
                Ok(Ok(embedded)) => self.embedded = embedded,
                Ok(Err(error)) => return error,
                Err(error) => return Error::internal("coming up broke off", error),
            }
            std::future::pending().await
        };
        let rule = async {
            if let Some(task) = security_group {
                match task.await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => return error,
                    Err(error) => {
                        return Error::internal("the security group's task broke off", error);
                    }
                }
            }
            std::future::pending().await
        };
        tokio::select! {
            failure = database => failure,
            failure = rule => failure,
        }
    }

    /// Ends every task, then the embedded database.
    pub fn end(self) {
        self.coming_up.abort();
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
    let (tell, told) = oneshot::channel();
    // A thread of its own and not the runtime's: recovery after a crash takes as long as it takes,
    // and must not keep the process from ending.
    std::thread::spawn(move || {
        // Nobody listens any more when the process is ending; dropping the value stops the child.
        let _ = tell.send(Embedded::start(settings.config()));
    });
    let embedded = told
        .await
        .map_err(|error| Error::internal("the embedded database's thread ended", error))??;
    health.look_again();
    let stamp = migrate(Environment::Development, &connector).await?;
    let has_demo = seeds::status(&connector)
        .await?
        .iter()
        .any(|seed| seed.set == seeds::DEMO && seed.loaded);
    // A restored production database gets no demo data.
    if stamp == Some(Environment::Development) && !has_demo {
        seeds::load(&connector, seeds::DEMO, None).await?;
        tracing::info!("loaded the demo data");
    }
    health.release();
    Ok(Some(embedded))
}

async fn migrate_outside(
    environment: Environment,
    connector: Connector,
    health: Arc<Health>,
) -> Result<Option<Embedded>> {
    health.wait_for(|state| state.reachable).await;
    migrate(environment, &connector).await?;
    health.look_again();
    Ok(None)
}

/// Returns the database's stamp.
async fn migrate(environment: Environment, connector: &Connector) -> Result<Option<Environment>> {
    let options = migrations::Options {
        environment,
        dry_run: false,
        target: None,
        expired: None,
    };
    let report = migrations::migrate(connector, &options).await?;
    tracing::info!(applied = ?report.applied_now, "the migrations are done");
    Ok(report.environment)
}

/// The signal that asked us to stop.
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
