//! How often checkpoints come before they are due.

use serde::Deserialize;

use super::super::commands::Commands;
use super::super::part::Reader;
use super::super::report::{Line, Section};
use super::super::text::{count, duration, percent, share};
use crate::error::Result;
use crate::operations::verdict::Verdict;

/// A larger share of requested checkpoints deserves a look, after so many of them.
const MAX_REQUESTED: f64 = 0.5;
const MIN_REQUESTED: i64 = 10;
/// The version from which on checkpoints have a view of their own.
const OWN_VIEW: i32 = 170_000;

#[derive(Deserialize)]
struct Row {
    timed: i64,
    requested: i64,
    write_seconds: f64,
    max_wal_size: String,
    max_wal_mebibytes: Option<i64>,
}

/// One line for all checkpoints.
pub(in super::super) async fn read(
    reader: &Reader<'_>,
    commands: &Commands,
    version: i32,
) -> Result<Section> {
    let statement = match version {
        OWN_VIEW.. => include_str!("../../sql/find_checkpoints.sql"),
        _ => include_str!("../../sql/find_checkpoints_before_17.sql"),
    };
    let part = reader.read(statement).await?;
    part.judge("checkpoints", |rows: Vec<Row>| {
        let lines = rows.into_iter().map(|row| row.judge(commands)).collect();
        Section::of("checkpoints", lines)
    })
}

impl Row {
    fn judge(self, commands: &Commands) -> Line {
        let requested = share(self.requested, self.requested + self.timed);
        let verdict = match self.requested >= MIN_REQUESTED && requested > MAX_REQUESTED {
            true => Verdict::Look,
            false => Verdict::Fine,
        };
        let finding = format!(
            "{} due, {} requested before ({}), {} of writing, with max_wal_size at {}",
            count(self.timed),
            count(self.requested),
            percent(requested),
            duration(self.write_seconds),
            self.max_wal_size
        );
        let doubled = 2 * self.max_wal_mebibytes.unwrap_or(1_024);
        let remedy = commands.set("max_wal_size", &format!("{doubled}MB"));
        Line::judged("checkpoints", finding, verdict, remedy)
    }
}
