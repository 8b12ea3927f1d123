//! Starts the embedded database, migrates, loads the demo data and synchronises the security-group rule. The server
//! listens already, but `/readyz` responds 503 until the database is ready. Also runs the background tasks.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing_appender::non_blocking::ErrorCounter;

use super::metrics::Metrics;
use super::security_group::keep_in_step;
use crate::config::{Config, DatabaseLocation, EmbeddedSettings, Environment};
use crate::db::embedded::Embedded;
use crate::db::{Connector, Health, Pool, prober};
use crate::error::{Error, Result};
use crate::operations::security_group::SecurityGroup;
use crate::operations::{migrations, seeds};
use crate::{account, activities, changes, live, moderation, notifications};

/// The options of `cruddur serve` for the start.
#[derive(Debug, Clone, Default)]
pub struct Startup {
    /// Migrates an external database. The embedded one is always migrated.
    pub migrate: bool,
    /// Counts the lines that the log has dropped, for the metrics; `None` without a log.
    pub dropped_log_lines: Option<ErrorCounter>,
}

/// The tasks of a running server.
pub struct Boot {
    /// Starts and migrates the database.
    database: JoinHandle<Result<Option<Embedded>>>,
    /// Keeps the security-group rule in step; ends with an error.
    security_group: Option<JoinHandle<Result<()>>>,
    background: Vec<JoinHandle<()>>,
    /// The embedded database, after it has started.
    embedded: Option<Embedded>,
}

impl Boot {
    /// Starts every task except the security group's, without waiting for any of them.
    pub fn begin(
        config: &Config,
        startup: &Startup,
        connector: Connector,
        pool: Pool,
        health: Arc<Health>,
        metrics: &Metrics,
    ) -> Self {
        let add = |name, interval, purpose| metrics.jobs.add(name, interval, purpose);
        let counted = &metrics.activities;
        let background = vec![
            tokio::spawn(prober::probe_forever(
                health.clone(),
                connector.for_server(),
                pool.clone(),
            )),
            tokio::spawn(activities::purge_forever(
                pool.for_purge(),
                add(
                    "purge",
                    activities::PURGE_INTERVAL,
                    "deletes expired activities and the threads of deleted ones",
                ),
                counted.clone(),
            )),
            tokio::spawn(account::purge_forever(
                pool.clone(),
                add(
                    "purge of accounts",
                    account::PURGE_INTERVAL,
                    "deletes the rows of users who have deleted their account",
                ),
                counted.clone(),
            )),
            tokio::spawn(notifications::purge_forever(
                pool.clone(),
                add(
                    "purge of notices",
                    notifications::PURGE_INTERVAL,
                    "deletes the notices of deleted activities",
                ),
            )),
            tokio::spawn(changes::delete_old_forever(
                pool.clone(),
                add(
                    "purge of changes",
                    changes::PURGE_INTERVAL,
                    "deletes changes that no look goes on from any more",
                ),
            )),
            tokio::spawn(live::delete_old_forever(
                pool.clone(),
                add(
                    "purge of tickets",
                    live::PURGE_INTERVAL,
                    "deletes tickets for streams that can no longer be used",
                ),
            )),
            tokio::spawn(activities::index_forever(
                pool.clone(),
                add(
                    "words",
                    activities::INDEX_INTERVAL,
                    "moves the words of new activities into the search index, and builds segments again",
                ),
                counted.search_tail.clone(),
                health.clone(),
            )),
            tokio::spawn(moderation::delete_copies_forever(
                pool,
                add(
                    "copies",
                    moderation::RETENTION_INTERVAL,
                    "deletes copies for reports whose time is over",
                ),
            )),
        ];
        let environment = config.database.environment;
        let database = match config.database.target.clone() {
            DatabaseLocation::Embedded(settings) => {
                health.hold();
                tokio::spawn(start_embedded(settings, connector, health))
            }
            DatabaseLocation::Url(_) if startup.migrate => {
                tokio::spawn(migrate_external(environment, connector, health))
            }
            DatabaseLocation::Url(_) => tokio::spawn(async { Ok(None) }),
        };
        Self {
            database,
            security_group: None,
            background,
            embedded: None,
        }
    }

    /// Adds a background task.
    pub fn with_forever(mut self, task: impl Future<Output = ()> + Send + 'static) -> Self {
        self.background.push(tokio::spawn(task));
        self
    }

    /// Starts the security group's task, if a security group is configured.
    #[must_use]
    pub fn with_security_group(self, group: Option<Arc<SecurityGroup>>) -> Self {
        Self {
            security_group: group.map(|group| tokio::spawn(keep_in_step(group))),
            ..self
        }
    }

    /// Returns the error of the database's start or of the security group's task; never returns if both succeed.
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
        for task in self.background {
            task.abort();
        }
        if let Some(embedded) = self.embedded {
            embedded.stop();
        }
    }
}

async fn start_embedded(
    settings: EmbeddedSettings,
    connector: Connector,
    health: Arc<Health>,
) -> Result<Option<Embedded>> {
    let (sender, started) = oneshot::channel();
    // Not `spawn_blocking`, because the runtime waits for such a thread at the end of the process, and PostgreSQL's
    // crash recovery may take minutes.
    std::thread::spawn(move || {
        // If the server is already stopping, the receiver is dropped. Then `send` returns the database, and dropping
        // it stops PostgreSQL.
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
    // An operator may have restored a production database into the embedded one; it gets no demo data.
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

/// Migrates the database and returns its stamp.
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
