//! One export: it reads a page of a hundred rows when the client has taken the page before, and holds a connection only
//! while it reads. `store` has the statements.

use std::sync::Arc;
use std::{io, mem};

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use futures_util::{Stream, stream};
use serde::Serialize;
use tokio_postgres::Row;

use super::exports::{ExportPermit, Exports};
use super::model::{
    ExportLine, ExportedActivity, ExportedBlock, ExportedMessage, ExportedProfile,
    ExportedReaction, ExportedReport,
};
use super::store::{self, ExportCursor, StoredProfile};
use crate::db::{Connection, Pool};
use crate::error::{Error, Result, chain};
use crate::http::request_id;

/// The content type of newline-delimited JSON.
pub const NDJSON: &str = "application/x-ndjson";

/// An export that has begun.
pub struct Export {
    pool: Pool,
    permit: ExportPermit,
    profile: StoredProfile,
    /// What comes next.
    part: Part,
    /// The number of lines so far.
    lines: u64,
    request_id: Option<HeaderValue>,
}

/// The parts of an export, in this order.
enum Part {
    Profile,
    Rows(ExportCursor),
    End,
    Nothing,
}

impl Export {
    /// Begins an export of the user's rows.
    ///
    /// # Errors
    /// [`Error::TooMany`] while the user has another export, or too many run.
    pub fn begin(exports: Arc<Exports>, pool: &Pool, profile: StoredProfile) -> Result<Self> {
        Ok(Self {
            pool: pool.clone(),
            permit: exports.permit(profile.uuid)?,
            profile,
            part: Part::Profile,
            lines: 0,
            request_id: request_id::current(),
        })
    }

    /// The lines, in chunks of a page. A failure ends the stream without its last line, and is logged.
    pub fn into_stream(self) -> impl Stream<Item = io::Result<Bytes>> {
        stream::try_unfold(self, |mut export| async move {
            match export.next_chunk().await {
                Ok(chunk) => Ok(chunk.map(|chunk| (chunk, export))),
                Err(error) => {
                    export.log(&error);
                    Err(io::Error::other("the export could not be completed"))
                }
            }
        })
    }

    /// The next lines; `None` after the last ones.
    async fn next_chunk(&mut self) -> Result<Option<Bytes>> {
        let mut lines = Lines::default();
        while lines.text.is_empty() {
            match mem::replace(&mut self.part, Part::Nothing) {
                Part::Profile => {
                    lines.push(&ExportLine::Profile(self.profile.exported()))?;
                    self.part = Part::Rows(ExportCursor::start());
                }
                Part::Rows(cursor) => self.part = self.read_page(cursor, &mut lines).await?,
                Part::End => {
                    let lines_before = self.lines;
                    lines.push(&ExportLine::End {
                        lines: lines_before,
                    })?;
                }
                Part::Nothing => return Ok(None),
            }
        }
        self.lines += lines.count;
        Ok(Some(lines.text.into()))
    }

    async fn read_page(&self, cursor: ExportCursor, lines: &mut Lines) -> Result<Part> {
        let user = self.profile.uuid;
        let list = async |db: &Connection| store::list_page(db, user, &cursor).await;
        let rows = self.permit.read(&self.pool, list).await?;
        for row in &rows {
            lines.push(&line(row, &cursor)?)?;
        }
        Ok(match cursor.next(rows.last())? {
            Some(next) => Part::Rows(next),
            None => Part::End,
        })
    }

    /// The stream runs outside of the request's own task.
    fn log(&self, error: &Error) {
        let log = || tracing::warn!(error = chain(error), "an export was not completed");
        match &self.request_id {
            Some(id) => request_id::sync_scope(id.clone(), log),
            None => log(),
        }
    }
}

/// Newline-delimited JSON.
#[derive(Default)]
struct Lines {
    text: Vec<u8>,
    count: u64,
}

impl Lines {
    fn push(&mut self, line: &impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut self.text, line)
            .map_err(|error| Error::internal("a line of an export cannot be serialised", error))?;
        self.text.push(b'\n');
        self.count += 1;
        Ok(())
    }
}

/// The line of a row of the table that the cursor is in.
fn line<'a>(row: &'a Row, cursor: &ExportCursor) -> Result<ExportLine<'a>> {
    Ok(match cursor {
        ExportCursor::Activities(..) => {
            let activity = activity(row)?;
            match activity.reply_to_activity_uuid {
                None => ExportLine::Activity(activity),
                Some(_) => ExportLine::Reply(activity),
            }
        }
        ExportCursor::Messages(..) => ExportLine::Message(message(row)?),
        ExportCursor::Likes(_) => ExportLine::Like(reaction(row)?),
        ExportCursor::Reposts(_) => ExportLine::Repost(reaction(row)?),
        ExportCursor::Blocks(_) => ExportLine::Block(block(row)?),
        ExportCursor::Reports(_) => ExportLine::Report(report(row)?),
    })
}

impl StoredProfile {
    fn exported(&self) -> ExportedProfile<'_> {
        ExportedProfile {
            uuid: self.uuid,
            handle: &self.handle,
            display_name: &self.display_name,
            bio: &self.bio,
            created_at: self.created_at,
        }
    }

    /// The value of the header that makes a browser save the export as a file.
    pub fn content_disposition(&self) -> String {
        format!("attachment; filename=\"cruddur-{}.ndjson\"", self.handle)
    }
}

fn activity(row: &Row) -> Result<ExportedActivity<'_>> {
    Ok(ExportedActivity {
        uuid: row.try_get("uuid")?,
        message: row.try_get("message")?,
        replies_count: row.try_get("replies_count")?,
        reposts_count: row.try_get("reposts_count")?,
        likes_count: row.try_get("likes_count")?,
        reply_to_activity_uuid: row.try_get("reply_to_activity_uuid")?,
        expires_at: row.try_get("expires_at")?,
        created_at: row.try_get("created_at")?,
    })
}

fn message(row: &Row) -> Result<ExportedMessage<'_>> {
    Ok(ExportedMessage {
        uuid: row.try_get("uuid")?,
        message_group_uuid: row.try_get("message_group_uuid")?,
        receiver: row.try_get("receiver")?,
        message: row.try_get("message")?,
        created_at: row.try_get("created_at")?,
    })
}

fn reaction(row: &Row) -> Result<ExportedReaction> {
    Ok(ExportedReaction {
        activity_uuid: row.try_get("activity_uuid")?,
        created_at: row.try_get("created_at")?,
    })
}

fn block(row: &Row) -> Result<ExportedBlock<'_>> {
    Ok(ExportedBlock {
        user_uuid: row.try_get("blocked_uuid")?,
        handle: row.try_get("handle")?,
        created_at: row.try_get("created_at")?,
    })
}

fn report(row: &Row) -> Result<ExportedReport<'_>> {
    Ok(ExportedReport {
        uuid: row.try_get("uuid")?,
        activity_uuid: row.try_get("activity_uuid")?,
        reason: row.try_get("reason")?,
        note: row.try_get("note")?,
        created_at: row.try_get("created_at")?,
    })
}
