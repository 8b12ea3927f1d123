//! `psql` on the database, for a person at a terminal or a script.

use super::programs::Programs;
use crate::config::DatabaseConfig;
use crate::db::Connector;
use crate::error::{Error, Result};

/// Opens `psql` and returns when it has ended. Ctrl-C is psql's while it runs.
///
/// # Errors
/// No `psql`; one that ended with a failure.
pub async fn open(
    config: &DatabaseConfig,
    connector: &Connector,
    arguments: &[String],
) -> Result<()> {
    let programs = Programs::find(config, connector).await?;
    let failed = |error: std::io::Error| {
        Error::Operator("psql cannot be run".to_owned(), Some(error.into()))
    };
    // Taking the signal here, and doing nothing with it, keeps it from ending us before psql.
    let interrupts = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt());
    let _interrupts = interrupts.map_err(failed)?;
    let status = programs
        .command("psql")
        .args(arguments)
        .status()
        .await
        .map_err(failed)?;
    match status.success() {
        true => Ok(()),
        false => Err(Error::operator(format!("psql ended with {status}"))),
    }
}
