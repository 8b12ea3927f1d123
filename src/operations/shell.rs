//! Runs `psql` on the database, for a terminal or a script.

pub mod cli;
mod prompt;

use std::io::IsTerminal;

use super::client_programs::ClientPrograms;
use crate::config::DatabaseConfig;
use crate::db::Connector;
use crate::error::{Error, Result};

/// Runs `psql` and returns when it exits. While it runs, Ctrl-C interrupts psql and not this program.
///
/// # Errors
/// No `psql` on this machine; a `psql` that exits with a failure.
pub async fn open(
    config: &DatabaseConfig,
    connector: &Connector,
    arguments: &[String],
) -> Result<()> {
    let programs = ClientPrograms::find(config, connector).await?;
    let defaults = match is_interactive() {
        true => prompt::defaults(connector).await,
        false => Vec::new(),
    };
    let failed = |error: std::io::Error| {
        Error::Operator("psql cannot be run".to_owned(), Some(error.into()))
    };
    // Without a handler, SIGINT would end this process before psql.
    let interrupts = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt());
    let _interrupts = interrupts.map_err(failed)?;
    let status = programs
        .command("psql")
        .args(defaults)
        .args(arguments)
        .status()
        .await
        .map_err(failed)?;
    match status.success() {
        true => Ok(()),
        false => Err(Error::operator(format!("psql exited with {status}"))),
    }
}

fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}
