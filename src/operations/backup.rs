//! Backs a database up into a file, and restores it, with `pg_dump` and `pg_restore`: later versions of
//! PostgreSQL read their archive format. The progress is what the programs print with `--verbose`.

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

/// What was backed up.
#[derive(Debug, Serialize)]
pub struct BackupReport {
    /// The database's name.
    pub database: String,
    /// The backup.
    pub file: PathBuf,
    /// The size of the backup.
    pub bytes: u64,
}

/// What was restored.
#[derive(Debug, Serialize)]
pub struct RestoreReport {
    /// The database's name.
    pub database: String,
    /// The backup.
    pub file: PathBuf,
    /// The state of the database before.
    pub found: DatabaseState,
    /// Tables, indexes and other objects of the archive.
    pub objects: usize,
    /// The stamp of the database before; if it had none, the stamp in the archive.
    pub environment: Option<Environment>,
}

/// The progress of a backup or a restore.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// Bytes written.
    Written(u64),
    /// Objects of the archive.
    Restored {
        /// Restored so far.
        done: usize,
        /// In the archive.
        total: usize,
    },
    /// What the program is doing, as it prints it.
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

/// Replaces the database's contents by those of `file`. The archive is read to its end before the
/// database is dropped, and is restored in one transaction. A database keeps its stamp.
///
/// # Errors
/// The guard's refusal; a file that is no archive; the first error of `pg_restore`.
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

/// How many objects the archive has. It is read to its end, with its data, to be sure that it is
/// complete.
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

/// `pg_restore: creating TABLE "public.users"`
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
    let advice = format!("{} cannot be used", file.display());
    Error::Operator(advice, Some(error.into()))
}

/// An incomplete backup in the folder of `file`; dropping it deletes it.
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
