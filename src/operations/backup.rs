//! Backs a database up into a file and restores it, with `pg_dump` and `pg_restore`, whose archive format
//! later versions of PostgreSQL can read. Progress comes from what these programs print with `--verbose`.

pub mod cli;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Serialize;
use tempfile::NamedTempFile;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::client_programs::ClientPrograms;
use super::database::{self, DatabaseTarget};
use super::guard::{self, DatabaseState};
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
/// A file that exists; the first error of `pg_dump`.
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
    let draft = draft_beside(file)?;
    let mut command = programs.command("pg_dump");
    command
        .args(["--format=custom", "--verbose", "--no-password", "--file"])
        .arg(draft.path());
    run(&mut command, "pg_dump", |line| match line {
        Some(line) => progress(Progress::Step(line)),
        None => progress(Progress::Written(size(&draft))),
    })
    .await?;
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

/// Replaces the contents of the database with those of `file`. The archive is read to its end before the
/// database is dropped, and is restored in one transaction. A database keeps its stamp.
///
/// # Errors
/// The guard's refusal; a file that is not an archive; the first error of `pg_restore`.
pub async fn restore(
    config: &DatabaseConfig,
    connector: &Connector,
    file: &Path,
    confirm: Option<&str>,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<RestoreReport> {
    fs::File::open(file).map_err(|error| cannot_use(file, error))?;
    let found = guard::permit(connector, "restore", confirm).await?;
    let target = DatabaseTarget::for_command(connector);
    if found == DatabaseState::Missing {
        database::create(&target).await?;
    }
    let programs = ClientPrograms::find(config, connector).await?;
    progress(Progress::Step("reading the archive"));
    let objects = count_objects(&programs, file).await?;
    if !matches!(found, DatabaseState::Missing | DatabaseState::Empty) {
        database::drop_permitted(connector, found).await?;
        database::create(&target).await?;
    }
    let mut command = programs.command("pg_restore");
    command
        .args([
            "--no-owner",
            "--no-privileges",
            "--no-password",
            "--verbose",
        ])
        .args(["--single-transaction", "--exit-on-error", "--dbname"])
        .arg(connector.database())
        .arg(file);
    let mut done = 0;
    run(&mut command, "pg_restore", |line| {
        if let Some(line) = line {
            done += usize::from(is_object(line));
            progress(Progress::Step(line));
        }
        progress(Progress::Restored {
            done: done.min(objects),
            total: objects,
        });
    })
    .await?;
    Ok(RestoreReport {
        database: connector.database().to_owned(),
        file: file.to_owned(),
        found,
        objects,
        environment: keep_stamp(connector, found).await?,
    })
}

/// The number of objects in the archive. `pg_restore` reads it to its end, with its data, and fails where
/// it is incomplete.
async fn count_objects(programs: &ClientPrograms, file: &Path) -> Result<usize> {
    let mut command = programs.command("pg_restore");
    command.args(["--verbose", "--file", "/dev/null"]).arg(file);
    let mut objects = 0;
    run(&mut command, "pg_restore", |line| {
        objects += usize::from(line.is_some_and(is_object));
    })
    .await?;
    Ok(objects)
}

/// Whether `pg_restore` reports a new object: `pg_restore: creating TABLE "public.users"`.
fn is_object(line: &str) -> bool {
    line.starts_with("pg_restore: creating ")
}

async fn keep_stamp(connector: &Connector, found: DatabaseState) -> Result<Option<Environment>> {
    if let DatabaseState::Stamped(environment) = found {
        let client = connector.connect().await?;
        client
            .execute(
                include_str!("sql/update_environment.sql"),
                &[&environment.as_str()],
            )
            .await?;
    }
    Ok(guard::inspect(connector).await?.environment())
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
