//! Probes the database twice a second over a connection of its own. Only this task reconnects after an outage,
//! so that requests do not all reconnect at once. Other modules react to the state.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Statement};

use super::health::{Health, State};
use super::pooler::WAY_OUT;
use super::pooling::{self, Pooling};
use super::schema::{self, Schema};
use super::statement::in_transaction;
use super::{Connector, Pool};
use crate::error::{Error, Result, chain};

/// The time between two probes while the database is reachable.
const INTERVAL: Duration = Duration::from_millis(500);
/// A database that needs longer to answer a probe counts as unreachable.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a new connection and its probe may take after the database has closed the earlier one.
const RECONNECT_TIMEOUT: Duration = Duration::from_millis(250);
/// The error of a probe's time-out.
const LATE: &str = "the database did not answer the probe in time";
/// The time between two attempts to reconnect; up to half of it is added at random.
const RETRY_INTERVAL: Duration = Duration::from_millis(300);

/// The connection of the prober, which runs a prepared statement with the settings of requests.
struct Session {
    client: Client,
    statement: Statement,
}

/// Probes until it is dropped. A process runs one such task.
pub async fn probe_forever(health: Arc<Health>, connector: Connector, pool: Pool) {
    let connector = connector.for_requests();
    let mut session = None;
    loop {
        let probed = tokio::select! {
            probed = connect_and_probe(&connector, &mut session, &health) => probed,
            () = health.reconnect_requested(), if !health.is_reachable() => continue,
        };
        let probed = match probed {
            Err(error) if was_closed(session.as_ref(), &error) && health.is_reachable() => {
                session = None;
                pool.suspect_all();
                let closed = Instant::now();
                match probe_again(&connector, &mut session, &health).await {
                    // Another server may have taken over while this attempt waited for the old one.
                    Err(_) if health.has_answered_within(closed.elapsed()) => {
                        session = None;
                        continue;
                    }
                    probed => probed,
                }
            }
            probed => probed,
        };
        match probed {
            Ok(found) => record(&health, found),
            // Requests are answered, so the probe waits behind them for a session of a small pooler, or only its own
            // connection is broken.
            Err(error)
                if is_late(&error)
                    && health.is_reachable()
                    && health.has_answered_within(PROBE_TIMEOUT / 2) =>
            {
                session = None;
                pool.suspect_all();
                continue;
            }
            Err(error) => {
                session = None;
                let was_reachable = health.is_reachable();
                record_failure(&health, &error, &pool);
                // The outage may be over already, so the loop reconnects without a pause.
                if was_reachable {
                    continue;
                }
            }
        }
        let pause = if health.is_reachable() {
            INTERVAL
        } else {
            RETRY_INTERVAL.mul_f64(rand::random_range(1.0..1.5))
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = health.probe_requested(), if session.is_some() => {}
            () = health.reconnect_requested() => {}
        }
    }
}

fn record(health: &Health, found: State) {
    let before = health.replace(found);
    if !before.reachable {
        tracing::info!("the database is reachable");
    }
    match (before.losing_statements, found.losing_statements) {
        (None, Some(pooler)) => {
            tracing::error!(%pooler, way_out = WAY_OUT, "the pooler loses prepared statements");
        }
        (Some(pooler), None) => tracing::info!(%pooler, "the pooler keeps prepared statements"),
        _ => {}
    }
    if before.reachable && before.writable && !found.writable {
        tracing::error!(
            "the database commits no writes in time; a synchronous standby may be missing"
        );
    }
    if before.reachable && !before.writable && found.writable {
        tracing::info!("the database commits writes again");
    }
    if before.schema != found.schema {
        tracing::info!(
            schema = found.schema.as_str(),
            pending = found.schema.pending(),
            "the schema was compared with the migrations"
        );
    }
}

fn record_failure(health: &Health, error: &Error, pool: &Pool) {
    let was_reachable = health.is_reachable();
    health.mark_unreachable();
    pool.retire_all();
    if was_reachable {
        tracing::error!(error = chain(error), "the database is unreachable");
    } else {
        tracing::debug!(error = chain(error), "the database is still unreachable");
    }
}

async fn connect_and_probe(
    connector: &Connector,
    session: &mut Option<Session>,
    health: &Health,
) -> Result<State> {
    let is_new = session.is_none();
    let session = match session {
        Some(session) => session,
        None => session.insert(connect(connector).await?),
    };
    if let Some(pooler) = connector.pooler()
        && (is_new || health.state().losing_statements.is_some() || health.take_pooler_suspicion())
        && loses_statements(connector).await
    {
        return Ok(State::losing_statements(pooler));
    }
    let mut found = in_time(probe(connector, session)).await?;
    if health.are_writes_suspected() {
        found.writable = commits_in_time(connector, &session.client).await?;
        if found.writable {
            health.trust_writes();
        }
    }
    Ok(found)
}

async fn connect(connector: &Connector) -> Result<Session> {
    let client = connector.connect().await?;
    in_time(async {
        mark_as_live_server(connector, &client).await?;
        let statement = client.prepare(include_str!("sql/probe.sql")).await?;
        Ok(Session { client, statement })
    })
    .await
}

/// Whether the pooler loses prepared statements. One that is too busy for the test counts as good: the requests show the
/// loss, too.
async fn loses_statements(connector: &Connector) -> bool {
    match pooling::examine(connector).await {
        Ok(pooling) => pooling == Pooling::LosesStatements,
        Err(error) => {
            tracing::debug!(error = chain(&error), "the pooler could not be tested");
            false
        }
    }
}

/// Whether a transaction that writes to the log and changes no table is committed in time. The commit of each write
/// waits for a synchronous standby where one is configured; cancelling it ends the wait.
async fn commits_in_time(connector: &Connector, client: &Client) -> Result<bool> {
    let write = client.batch_execute(include_str!("sql/probe_write.sql"));
    tokio::pin!(write);
    if let Ok(written) = tokio::time::timeout(PROBE_TIMEOUT, &mut write).await {
        written?;
        return Ok(true);
    }
    connector.cancel(client).await;
    tokio::time::timeout(PROBE_TIMEOUT, write)
        .await
        .map_err(Error::unavailable(
            "the database did not cancel a write in time",
        ))??;
    Ok(false)
}

/// Whether the other side has closed the connection of earlier probes. That alone is no outage: a restore closes every
/// connection, and an operator may end any session.
fn was_closed(session: Option<&Session>, error: &Error) -> bool {
    let is_terminated = error.sql_state() == Some(&SqlState::ADMIN_SHUTDOWN);
    session.is_some_and(|session| is_terminated || session.client.is_closed())
}

/// Probes over a new connection. Requests are still served, so this takes no longer than [`RECONNECT_TIMEOUT`].
async fn probe_again(
    connector: &Connector,
    session: &mut Option<Session>,
    health: &Health,
) -> Result<State> {
    let probe = connect_and_probe(connector, session, health);
    tokio::time::timeout(RECONNECT_TIMEOUT, probe)
        .await
        .map_err(Error::unavailable(
            "the database closed a connection and did not answer over another in time",
        ))?
}

fn is_late(error: &Error) -> bool {
    matches!(error, Error::Unavailable(text, _) if *text == LATE)
}

async fn in_time<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(PROBE_TIMEOUT, work)
        .await
        .map_err(Error::unavailable(LATE))?
}

/// Tells `operations::sessions` on every machine which sessions are those of a live server's pool, for as long as the
/// connection lives. Behind a pooler the sessions are the pooler's, and the lock would stay with one of them.
async fn mark_as_live_server(connector: &Connector, client: &Client) -> Result<()> {
    if connector.pooler().is_some() {
        return Ok(());
    }
    let statement = include_str!("sql/lock_live_server.sql");
    client.query_one(statement, &[]).await?;
    Ok(())
}

async fn probe(connector: &Connector, session: &Session) -> Result<State> {
    let Session { client, statement } = session;
    let row = match connector.begin() {
        None => client.query_one(statement, &[]).await?,
        Some(begin) => {
            let query = client.query_one(statement, &[]);
            let commit = client.batch_execute("commit");
            in_transaction(client.batch_execute(&begin), query, commit).await?
        }
    };
    if row.try_get("read_only")? {
        return Err(Error::Unavailable(
            "the database server is a standby and refuses writes",
            None,
        ));
    }
    let schema = schema::compare(client).await?;
    let environment = match schema {
        Schema::Current => schema::find_environment(client).await?,
        _ => None,
    };
    Ok(State {
        probed: true,
        reachable: true,
        writable: true,
        losing_statements: None,
        schema,
        environment,
    })
}
