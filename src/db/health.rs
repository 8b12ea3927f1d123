//! Whether the database is reachable and its schema current, looked at once a second by the one
//! prober that reconnects after an outage. What follows from the answer is decided elsewhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};
use tokio_postgres::Client;

use super::schema::{self, Schema};
use super::{Connector, Pool};
use crate::config::Environment;
use crate::error::{Error, Result, chain};

/// Between two looks while all is well.
const INTERVAL: Duration = Duration::from_secs(1);
/// A database that takes longer to answer is as good as away.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);
/// Between two attempts to reconnect; half of it again is added at random.
const RETRY_INTERVAL: Duration = Duration::from_millis(300);

/// What the last look found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    pub reachable: bool,
    pub schema: Schema,
    /// The database's stamp, once it has one.
    pub environment: Option<Environment>,
}

/// The latest [`State`], for everybody who asks.
pub struct Health {
    state: watch::Sender<State>,
    look_again: Notify,
    started: Instant,
    /// Somebody is still filling the database.
    held: AtomicBool,
    reconnect: Notify,
}

impl Health {
    pub fn new() -> Arc<Self> {
        let unknown = State {
            reachable: false,
            schema: Schema::Unknown,
            environment: None,
        };
        Arc::new(Self {
            state: watch::Sender::new(unknown),
            look_again: Notify::new(),
            started: Instant::now(),
            held: AtomicBool::new(false),
            reconnect: Notify::new(),
        })
    }

    /// For a program without a prober: the database counts as reachable, and each use finds out.
    pub fn unwatched() -> Arc<Self> {
        let health = Self::new();
        health.state.send_modify(|state| state.reachable = true);
        health
    }

    /// Not ready, whatever the looks find, until [`release`](Self::release).
    pub fn hold(&self) {
        self.held.store(true, Ordering::Release);
    }

    pub fn release(&self) {
        self.held.store(false, Ordering::Release);
        self.look_again();
    }

    pub fn state(&self) -> State {
        *self.state.borrow()
    }

    /// The database is about to be replaced: what was known of it counts no more.
    pub fn forget(&self) {
        self.state.send_modify(|state| state.reachable = false);
    }

    /// Since this process began to look.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    pub fn is_reachable(&self) -> bool {
        self.state.borrow().reachable
    }

    /// Reachable, and the schema is the one this program was made for.
    pub fn is_ready(&self) -> bool {
        let state = self.state.borrow();
        state.reachable && state.schema == Schema::Current && !self.held.load(Ordering::Acquire)
    }

    /// Somebody met a broken connection: the next look is due now.
    pub fn look_again(&self) {
        self.look_again.notify_one();
    }

    /// The way to the database has changed: an attempt under way would wait in vain, so the next
    /// one begins now.
    pub fn reconnect(&self) {
        self.reconnect.notify_one();
    }

    /// Returns when a look has found `condition`.
    pub async fn wait_for(&self, condition: impl FnMut(&State) -> bool) {
        // The sender lives as long as `self`, so this cannot fail.
        let _ = self.state.subscribe().wait_for(condition).await;
    }

    /// Looks for ever. There is one such task in a process.
    pub async fn watch(self: Arc<Self>, connector: Connector, pool: Pool) {
        let mut client = None;
        loop {
            let looked = tokio::select! {
                looked = look(&connector, &mut client) => looked,
                () = self.reconnect.notified(), if !self.is_reachable() => continue,
            };
            match looked {
                Ok(found) => self.found(found),
                Err(error) => {
                    client = None;
                    let is_news = self.is_reachable();
                    self.lost(&error, &pool);
                    // Perhaps only this connection was cut: then there is no outage to wait out.
                    if is_news {
                        continue;
                    }
                }
            }
            let pause = if self.is_reachable() {
                INTERVAL
            } else {
                jittered(RETRY_INTERVAL)
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.look_again.notified(), if client.is_some() => {}
                () = self.reconnect.notified() => {}
            }
        }
    }

    fn found(&self, found: State) {
        let before = self.state.send_replace(found);
        if !before.reachable {
            tracing::info!("the database is reachable");
        }
        if before.schema != found.schema {
            tracing::info!(
                schema = found.schema.as_str(),
                pending = found.schema.pending(),
                "the schema was compared with the migrations"
            );
        }
    }

    fn lost(&self, error: &Error, pool: &Pool) {
        let was_reachable = self.is_reachable();
        self.state.send_modify(|state| state.reachable = false);
        pool.clear();
        if was_reachable {
            tracing::error!(error = chain(error), "the database is away");
        } else {
            tracing::debug!(error = chain(error), "the database is still away");
        }
    }
}

async fn look(connector: &Connector, client: &mut Option<Client>) -> Result<State> {
    let client = match client {
        Some(client) => client,
        None => client.insert(connector.connect().await?),
    };
    tokio::time::timeout(PROBE_TIMEOUT, probe(client))
        .await
        .map_err(|elapsed| Error::Unavailable("no answer to the probe", Some(elapsed.into())))?
}

async fn probe(client: &Client) -> Result<State> {
    let row = client.query_one(include_str!("sql/probe.sql"), &[]).await?;
    if row.try_get("read_only")? {
        return Err(Error::Unavailable("the database is a standby", None));
    }
    let schema = schema::compare(client).await?;
    let environment = match schema {
        Schema::Current => schema::find_environment(client).await?,
        _ => None,
    };
    Ok(State {
        reachable: true,
        schema,
        environment,
    })
}

fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(rand::random_range(1.0..1.5))
}
