//! A database into a file, and back: through `pg_dump` and `pg_restore`, whose archive format
//! outlives versions. The programs' own words about what they do become the progress.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::database::{self, Place};
use super::guard::{self, Found};
use super::programs::Programs;
use crate::config::{DatabaseConfig, Environment};
use crate::db::Connector;
use crate::error::{Error, Result};

/// How often a long step tells how far it is.
const TICK: Duration = Duration::from_millis(200);

#[derive(Debug, Serialize)]
pub struct BackupReport {
    pub database: String,
    pub file: PathBuf,
    pub bytes: u64,
}

#[derive(Debug, Serialize)]
pub struct RestoreReport {
    pub database: String,
    pub file: PathBuf,
    /// What was there before, and was replaced.
    pub found: Found,
    /// Tables, indexes and the like that the archive lists.
    pub objects: usize,
    /// The stamp: that of the database where it had one, else that of the archive.
    pub environment: Option<Environment>,
}

/// How far a backup or a restore is.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// Bytes written.
    Written(u64),
    /// Objects restored, of how many.
    Restored(usize, usize),
    /// What is being done.
    Doing(&'a str),
}

/// Writes the database to `file`, whole or not at all, readable by its owner only.
///
/// # Errors
/// A file that is there already; whatever `pg_dump` fails with.
pub async fn backup(
    config: &DatabaseConfig,
    connector: &Connector,
    file: &Path,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<BackupReport> {
    if file.exists() {
        let advice = format!("{} exists: name another file", file.display());
        return Err(Error::operator(advice));
    }
    let programs = Programs::find(config, connector).await?;
    let draft = Draft::beside(file)?;
    let mut command = programs.command("pg_dump");
    command
        .args(["--format=custom", "--verbose", "--no-password", "--file"])
        .arg(&draft.0);
    run(&mut command, "pg_dump", |line| match line {
        Some(line) => progress(Progress::Doing(line)),
        None => progress(Progress::Written(draft.bytes())),
    })
    .await?;
    let bytes = draft.bytes();
    fs::rename(&draft.0, file).map_err(|error| cannot_use(file, error))?;
    Ok(BackupReport {
        database: connector.database().to_owned(),
        file: file.to_owned(),
        bytes,
    })
}

/// Puts what `file` holds in the place of the database's contents. The archive is read to its end
/// before anything is dropped, and goes in as one transaction. A database keeps its stamp.
///
/// # Errors
/// A guard's refusal; a file that is no archive; whatever `pg_restore` fails with.
pub async fn restore(
    config: &DatabaseConfig,
    connector: &Connector,
    file: &Path,
    confirm: Option<&str>,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<RestoreReport> {
    fs::File::open(file).map_err(|error| cannot_use(file, error))?;
    let found = guard::permit(connector, "restore", confirm).await?;
    let place = Place::of_command(connector);
    if found == Found::Missing {
        database::create(&place).await?;
    }
    let programs = Programs::find(config, connector).await?;
    progress(Progress::Doing("reading the archive"));
    let objects = check(&programs, file).await?;
    if !matches!(found, Found::Missing | Found::Empty) {
        database::drop_permitted(connector, found).await?;
        database::create(&place).await?;
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
            progress(Progress::Doing(line));
        }
        progress(Progress::Restored(done.min(objects), objects));
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

/// How many objects the archive holds; it is read to its end, its data included.
async fn check(programs: &Programs, file: &Path) -> Result<usize> {
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

async fn keep_stamp(connector: &Connector, found: Found) -> Result<Option<Environment>> {
    if let Found::Stamped(environment) = found {
        let client = connector.connect().await?;
        client
            .execute(
                include_str!("sql/update_environment.sql"),
                &[&environment.as_str()],
            )
            .await?;
    }
    Ok(guard::look(connector).await?.environment())
}

/// Runs a program to its end. `tell` hears each line of what it says, and `None` while it is silent.
async fn run(command: &mut Command, name: &str, mut tell: impl FnMut(Option<&str>)) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::Operator(format!("{name} cannot be run"), Some(error.into()))
    };
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut complaint = None;
    if let Some(stderr) = child.stderr.take() {
        let mut lines = BufReader::new(stderr).lines();
        loop {
            match tokio::time::timeout(TICK, lines.next_line()).await {
                Err(_) => tell(None),
                Ok(line) => match line.map_err(failed)? {
                    Some(line) => {
                        tell(Some(&line));
                        if line.contains("error: ") && complaint.is_none() {
                            complaint = Some(line);
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
    let complaint = complaint.unwrap_or_else(|| format!("{name} ended with {status}"));
    Err(Error::operator(complaint))
}

fn cannot_use(file: &Path, error: std::io::Error) -> Error {
    let advice = format!("{} cannot be used", file.display());
    Error::Operator(advice, Some(error.into()))
}

/// A backup that is being written; nothing stays of it unless it gets its own name.
struct Draft(PathBuf);

impl Draft {
    fn beside(file: &Path) -> Result<Self> {
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.draft", std::process::id()));
        let draft = Self(file.with_file_name(name));
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft.0)
            .map_err(|error| cannot_use(file, error))?;
        Ok(draft)
    }

    fn bytes(&self) -> u64 {
        fs::metadata(&self.0).map_or(0, |found| found.len())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
