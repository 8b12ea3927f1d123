//! Backs a database up into a file and restores it, with `pg_dump` and `pg_restore`, whose archive format
//! later versions of PostgreSQL can read. Progress comes from what these programs print with `--verbose`.

pub mod cli;
mod replacement;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Serialize;
use tempfile::NamedTempFile;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use self::replacement::Replacement;
use super::client_programs::ClientPrograms;
use super::database;
use super::guard::DatabaseState;
use super::termination::Termination;
use crate::config::{DatabaseConfig, Environment};
use crate::db::Connector;
use crate::error::{Error, Result};

/// How often progress is reported while the program prints nothing.
const TICK: Duration = Duration::from_millis(200);

/// The result of a backup.
#[derive(Debug, Serialize)]
pub struct BackupReport {
    /// The database's name.
    pub database: String,
    /// The file of the backup.
    pub file: PathBuf,
    /// The size of the file in bytes.
    pub bytes: u64,
}

/// The result of a restore.
#[derive(Debug, Serialize)]
pub struct RestoreReport {
    /// The database's name.
    pub database: String,
    /// The file of the backup.
    pub file: PathBuf,
    /// The state of the database before the restore.
    pub found: DatabaseState,
    /// The number of tables, indexes and other objects in the archive.
    pub objects: usize,
    /// The stamp of the database: its stamp before the restore, or else the stamp in the archive.
    pub environment: Option<Environment>,
}

/// The progress of a backup or a restore.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// Bytes written.
    Written(u64),
    /// Objects of the archive.
    Restored {
        /// Objects restored so far.
        done: usize,
        /// Objects in the archive.
        total: usize,
    },
    /// A line that the program prints about its current step.
    Step(&'a str),
}

/// Writes the database to `file`, readable by its owner only. The file exists only once it is
/// complete.
///
/// # Errors
/// A file that exists; the first error of `pg_dump`; SIGTERM or SIGINT.
pub async fn backup(
    config: &DatabaseConfig,
    connector: &Connector,
    file: &Path,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<BackupReport> {
    if file.exists() {
        let advice = format!("{} exists: choose another file", file.display());
        return Err(Error::operator(advice));
    }
    let programs = ClientPrograms::find(config, connector).await?;
    let mut termination = Termination::listen()?;
    let draft = draft_beside(file)?;
    let mut command = programs.command("pg_dump");
    // Transaction ids mean nothing to another database server.
    let without =
        ["changes", "change_horizons"].map(|table| format!("--exclude-table-data={table}"));
    command
        .args(without)
        .args(["--format=custom", "--verbose", "--no-password", "--file"])
        .arg(draft.path());
    let dump = async {
        let report = |line: Option<&str>| match line {
            Some(line) => progress(Progress::Step(line)),
            None => progress(Progress::Written(size(&draft))),
        };
        let dumped = run(&mut command, "pg_dump", report).await;
        dumped.map_err(|error| programs.explain(error))
    };
    termination.interrupt(dump).await?;
    let bytes = size(&draft);
    draft
        .persist_noclobber(file)
        .map_err(|error| cannot_use(file, error.error))?;
    Ok(BackupReport {
        database: connector.database().to_owned(),
        file: file.to_owned(),
        bytes,
    })
}

/// Replaces the database with one that is restored from `file` beside it. The new database has the stamp of the
/// old one. A failure or a signal leaves the old database as it was.
///
/// # Errors
/// The guard's refusal; a file that is not an archive; the first error of `pg_restore`; sessions of the old
/// database that do not end.
pub async fn restore(
    config: &DatabaseConfig,
    connector: &Connector,
    file: &Path,
    confirm: Option<&str>,
    progress: impl FnMut(Progress<'_>),
) -> Result<RestoreReport> {
    fs::File::open(file).map_err(|error| cannot_use(file, error))?;
    let found = database::permit(connector, "restore", confirm).await?;
    let mut termination = Termination::listen()?;
    let replacement = Replacement::create(connector).await?;
    let outcome = async {
        let work = async {
            let objects = restore_into(config, replacement.connector(), file, progress).await?;
            Ok((objects, replacement.keep_stamp(found).await?))
        };
        let restored = termination.interrupt(work).await?;
        // Not interrupted: it ends within seconds.
        replacement.swap(found).await?;
        Ok(restored)
    };
    let (objects, environment) = match outcome.await {
        Ok(restored) => restored,
        Err(error) => return Err(replacement.discard(error).await),
    };
    replacement.drop_replaced().await?;
    Ok(RestoreReport {
        database: connector.database().to_owned(),
        file: file.to_owned(),
        found,
        objects,
        environment,
    })
}

/// Restores the archive into an empty database in one transaction, and returns the number of its objects.
async fn restore_into(
    config: &DatabaseConfig,
    connector: &Connector,
    file: &Path,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<usize> {
    let programs = ClientPrograms::find(config, connector).await?;
    progress(Progress::Step("reading the archive"));
    let total = count_objects(&programs, file).await?;
    let mut command = restore_command(&programs);
    command
        .args(["--no-password", "--single-transaction", "--exit-on-error"])
        .args(["--dbname", &connection_string(connector.database())])
        .arg(file);
    let mut done = 0;
    run(&mut command, "pg_restore", |line| {
        if let Some(line) = line {
            done += usize::from(is_object(line));
            progress(Progress::Step(line));
        }
        progress(Progress::Restored { done, total });
    })
    .await
    .map_err(|error| programs.explain(error))?;
    match done == total {
        true => Ok(total),
        false => Err(Error::operator(format!(
            "pg_restore restored {done} of the {total} objects in {}",
            file.display()
        ))),
    }
}

/// The number of objects in the archive. `pg_restore` reads it to its end, with its data, and fails where
/// it is incomplete.
async fn count_objects(programs: &ClientPrograms, file: &Path) -> Result<usize> {
    let mut command = restore_command(programs);
    command.args(["--file", "/dev/null"]).arg(file);
    let mut objects = 0;
    run(&mut command, "pg_restore", |line| {
        objects += usize::from(line.is_some_and(is_object));
    })
    .await?;
    Ok(objects)
}

/// `pg_restore` with the flags that decide which objects it creates.
fn restore_command(programs: &ClientPrograms) -> Command {
    let mut command = programs.command("pg_restore");
    command.args(["--no-owner", "--no-privileges", "--verbose"]);
    command
}

/// The database's name as libpq reads it: a plain name that holds `=` would count as a connection string.
fn connection_string(database: &str) -> String {
    let name = database.replace('\\', "\\\\").replace('\'', "\\'");
    format!("dbname='{name}'")
}

/// Whether `pg_restore` reports a new object: `pg_restore: creating TABLE "public.users"`.
fn is_object(line: &str) -> bool {
    line.starts_with("pg_restore: creating ")
}

/// Runs a program to its end. `report` gets each line of its standard error, and `None` at every
/// [`TICK`] without one.
async fn run(
    command: &mut Command,
    name: &str,
    mut report: impl FnMut(Option<&str>),
) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::Operator(format!("{name} cannot be run"), Some(error.into()))
    };
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut failure = None;
    if let Some(stderr) = child.stderr.take() {
        let mut lines = BufReader::new(stderr).lines();
        loop {
            match tokio::time::timeout(TICK, lines.next_line()).await {
                Err(_) => report(None),
                Ok(line) => match line.map_err(failed)? {
                    Some(line) => {
                        report(Some(&line));
                        if line.contains("error: ") && failure.is_none() {
                            failure = Some(line);
                        }
                    }
                    None => break,
                },
            }
        }
    }
    let status = child.wait().await.map_err(failed)?;
    if status.success() {
        return Ok(());
    }
    let failure = failure.unwrap_or_else(|| format!("{name} exited with {status}"));
    Err(Error::operator(failure))
}

fn cannot_use(file: &Path, error: std::io::Error) -> Error {
    let advice = format!("cannot use the file {}", file.display());
    Error::Operator(advice, Some(error.into()))
}

/// A temporary file in the folder of `file` for an incomplete backup; dropping the value deletes it.
fn draft_beside(file: &Path) -> Result<NamedTempFile> {
    let folder = match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let mut prefix = file.file_name().unwrap_or_default().to_owned();
    prefix.push(".");
    tempfile::Builder::new()
        .prefix(&prefix)
        .suffix(".draft")
        .tempfile_in(folder)
        .map_err(|error| cannot_use(file, error))
}

fn size(draft: &NamedTempFile) -> u64 {
    fs::metadata(draft.path()).map_or(0, |metadata| metadata.len())
}
