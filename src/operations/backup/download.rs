//! A backup that is sent to a client while `pg_dump` writes it.

use std::io;
use std::process::Stdio;
use std::time::Duration;

use actix_web::web::{Bytes, BytesMut};
use futures_util::{Stream, stream};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdout};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::permit::ArchivePermit;
use crate::config::DatabaseConfig;
use crate::db::Connector;
use crate::error::{Error, Result, chain};
use crate::operations::client_programs::ClientPrograms;

/// The bytes that one chunk has at most.
const CHUNK: usize = 64 * 1024;
/// `pg_dump` holds a snapshot, which keeps vacuum from removing rows: no client may hold it for longer.
const MAX_DURATION: Duration = Duration::from_secs(60 * 60);

/// A backup of which the first bytes have arrived.
pub(super) struct Download {
    child: Child,
    output: ChildStdout,
    /// The first error that the program prints.
    failure: JoinHandle<Option<String>>,
    first: Option<Bytes>,
    deadline: Instant,
    /// Until the backup is sent.
    programs: ClientPrograms,
    _permit: ArchivePermit,
}

impl Download {
    /// Starts `pg_dump` and waits for its first bytes.
    ///
    /// # Errors
    /// Missing programs; the first error of `pg_dump`.
    pub(super) async fn begin(
        config: &DatabaseConfig,
        connector: &Connector,
        permit: ArchivePermit,
    ) -> Result<Self> {
        let programs = ClientPrograms::find(config, connector).await?;
        let mut child = programs
            .command("pg_dump")
            .args(["--format=custom", "--no-password"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(cannot_run)?;
        let (Some(output), Some(errors)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(Error::internal("pg_dump has no output", "no pipe"));
        };
        let mut download = Self {
            child,
            output,
            failure: tokio::spawn(first_error(errors)),
            first: None,
            deadline: Instant::now() + MAX_DURATION,
            programs,
            _permit: permit,
        };
        match download.next_chunk().await {
            Ok(first) => download.first = first,
            Err(error) => return Err(download.programs.explain(error)),
        }
        Ok(download)
    }

    /// The bytes of the backup. A failure ends the stream with an error, which cuts the connection, and is logged.
    pub(super) fn into_stream(self) -> impl Stream<Item = io::Result<Bytes>> {
        stream::try_unfold(self, |mut download| async move {
            if let Some(first) = download.first.take() {
                return Ok(Some((first, download)));
            }
            match download.next_chunk().await {
                Ok(chunk) => Ok(chunk.map(|chunk| (chunk, download))),
                Err(error) => {
                    tracing::warn!(error = chain(&error), "a backup was not completed");
                    Err(io::Error::other("the backup could not be completed"))
                }
            }
        })
    }

    /// The next bytes; `None` after `pg_dump` has ended well.
    async fn next_chunk(&mut self) -> Result<Option<Bytes>> {
        let mut chunk = BytesMut::with_capacity(CHUNK);
        let read = tokio::time::timeout_at(self.deadline, self.output.read_buf(&mut chunk));
        let read = read
            .await
            .map_err(Error::unavailable("a backup took too long"))?;
        if read.map_err(cannot_run)? > 0 {
            return Ok(Some(chunk.freeze()));
        }
        let status = self.child.wait().await.map_err(cannot_run)?;
        if status.success() {
            return Ok(None);
        }
        let failure = (&mut self.failure).await.ok().flatten();
        let failure = failure.unwrap_or_else(|| format!("pg_dump exited with {status}"));
        Err(Error::operator(failure))
    }
}

/// Reads what the program prints to its end, and returns the first error.
async fn first_error(errors: ChildStderr) -> Option<String> {
    let mut lines = BufReader::new(errors).lines();
    let mut failure = None;
    while let Ok(Some(line)) = lines.next_line().await {
        if failure.is_none() && line.contains("error: ") {
            failure = Some(line);
        }
    }
    failure
}

fn cannot_run(error: io::Error) -> Error {
    Error::Operator("pg_dump cannot be run".to_owned(), Some(error.into()))
}
