//! One report on the state of the database server: what is slow, blocked, bloated, unused or near a limit. Each line has a
//! verdict and, unless it is fine, a command as its remedy. Reading changes nothing, and takes no lock that requests
//! wait for. Judging the installation is left to `doctor`.

pub mod cli;
mod commands;
pub mod http;
mod part;
mod parts;
mod report;
mod server;
mod text;

use std::time::{Duration, Instant};

use tokio_postgres::Client;

use crate::error::Result;
use commands::Commands;
use part::Reader;
pub use report::{InspectReport, Line, Section};
use server::Server;

/// How long all parts together may take. What is not read by then is left out, and the report says so.
const LIMIT: Duration = Duration::from_millis(1_800);

/// From this age on, a transaction is long, unless the operator says otherwise.
pub const LONG_TRANSACTION: Duration = Duration::from_secs(60);
/// From this age of the statistics on, an index without a scan is unused, unless the operator says otherwise.
pub const UNUSED_AFTER: Duration = Duration::from_hours(7 * 24);

/// What to look for.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// From this age on, a transaction deserves a look; from ten times this age on, an act.
    pub long_transaction: Duration,
    /// From this age of the statistics on, an index without a scan deserves a look.
    pub unused_after: Duration,
    /// Whether the remedies need the flag `--prod`.
    pub is_prod: bool,
}

/// Reads every part of the report, one after the other. A part that takes too long, or that the account may not read, says
/// so in its section.
///
/// # Errors
/// A connection that breaks.
pub async fn examine(client: &Client, options: &Options) -> Result<InspectReport> {
    let started = Instant::now();
    let reader = Reader::new(client, started + LIMIT);
    let server: Vec<Server> = reader
        .read(include_str!("sql/find_inspected_server.sql"))
        .await?
        .into_rows()?;
    let Some(server) = server.into_iter().next() else {
        return Ok(InspectReport::default());
    };
    let commands = Commands {
        is_prod: options.is_prod,
        is_rds: server.is_rds,
    };
    let long = options.long_transaction.as_secs_f64();
    let sections = vec![
        parts::account::judge(&server, &commands),
        parts::connections::read(&reader, &commands).await?,
        parts::blocking::read(&reader, &commands).await?,
        parts::transactions::read(&reader, &commands, long).await?,
        parts::transactions::read_prepared(&reader, &commands, long).await?,
        parts::statements::read(&reader, &commands).await?,
        parts::tables::read(&reader, &commands).await?,
        parts::indexes::read(&reader, &commands).await?,
        parts::indexes::read_unused(&reader, &commands, options.unused_after.as_secs_f64()).await?,
        parts::indexes::read_duplicate(&reader, &commands).await?,
        parts::vacuum::read(&reader, &commands).await?,
        parts::vacuum::read_horizon(&reader, &commands).await?,
        parts::replication::read(&reader, &commands, server.is_standby).await?,
        parts::replication::read_slots(&reader, &commands).await?,
        parts::cache::read(&reader, &commands).await?,
        parts::checkpoints::read(&reader, &commands, server.version_number).await?,
    ];
    Ok(InspectReport {
        verdict: sections
            .iter()
            .map(|it| it.verdict)
            .max()
            .unwrap_or_default(),
        database: server.database,
        postgresql: server.version,
        is_standby: server.is_standby,
        milliseconds: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        sections,
    })
}
