//! A restore for a client, which gets a line of JSON for each step. The restore runs to its end even if the client
//! disconnects.

use std::io;
use std::sync::Arc;

use actix_web::web::Bytes;
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use tempfile::NamedTempFile;
use tokio::sync::mpsc;

use super::permit::ArchivePermit;
use super::{Progress, restore as restore_file};
use crate::config::Environment;
use crate::error::{Error, chain};
use crate::operations::context::Operations;

/// The lines that wait for the client; a slow client misses further ones.
const WAITING_LINES: usize = 256;

/// One line.
#[derive(Serialize)]
#[serde(rename_all = "snake_case", untagged)]
enum Line {
    Step { step: String },
    Restored { done: usize, total: usize },
    Report { report: Report },
    Failure { failure: String },
}

#[derive(Serialize)]
struct Report {
    database: String,
    objects: usize,
    environment: Option<Environment>,
}

/// Starts to restore the archive, and returns the lines.
pub(super) fn restore(
    operations: Arc<Operations>,
    archive: NamedTempFile,
    confirm: Option<String>,
    permit: ArchivePermit,
) -> impl Stream<Item = io::Result<Bytes>> {
    let (sender, receiver) = mpsc::channel(WAITING_LINES);
    actix_web::rt::spawn(async move {
        let _permit = permit;
        let steps = sender.clone();
        let restored = restore_file(
            &operations.database,
            &operations.connector,
            archive.path(),
            confirm.as_deref(),
            |progress| drop(steps.try_send(line(progress))),
        );
        let end = match restored.await {
            Ok(report) => Line::Report {
                report: Report {
                    database: report.database,
                    objects: report.objects,
                    environment: report.environment,
                },
            },
            Err(error) => Line::Failure {
                failure: describe(&error),
            },
        };
        operations.health.request_probe();
        // The client may be gone.
        let _ = sender.send(end).await;
    });
    stream::unfold(receiver, |mut receiver| async move {
        Some((receiver.recv().await?, receiver))
    })
    .map(|line| {
        let mut text = serde_json::to_vec(&line).map_err(io::Error::other)?;
        text.push(b'\n');
        Ok(text.into())
    })
}

fn line(progress: Progress<'_>) -> Line {
    match progress {
        Progress::Step(line) => Line::Step {
            step: line
                .split_once(": ")
                .map_or(line, |(_program, step)| step)
                .to_owned(),
        },
        Progress::Written(_) => Line::Step {
            step: "writing".to_owned(),
        },
        Progress::Restored { done, total } => Line::Restored { done, total },
    }
}

/// The failure as an operator may see it; any other one is in the log.
fn describe(error: &Error) -> String {
    tracing::warn!(error = chain(error), "a restore has failed");
    match error {
        Error::Operator(..) | Error::Guarded(_) => chain(error),
        _ => "the restore has failed; the server's log has the cause".to_owned(),
    }
}
