//! The counters of the database: cache hits, temporary files, deadlocks and wrong checksums.

use serde::Deserialize;

use super::super::commands::Commands;
use super::super::part::Reader;
use super::super::report::{Line, Section};
use super::super::text::{bytes, count, percent, share};
use crate::error::Result;
use crate::operations::verdict::Verdict;

/// A smaller share of hits deserves a look, after as many blocks as are 1 GiB were read.
const MIN_HITS: f64 = 0.95;
const MIN_READS: i64 = 131_072;
/// Temporary files deserve a look from this size on.
const MANY_BYTES: i64 = 10 << 30;

#[derive(Deserialize)]
struct Row {
    hits: i64,
    reads: i64,
    temp_bytes: i64,
    deadlocks: i64,
    checksum_failures: i64,
    shared_buffers: String,
    work_mem: String,
}

/// One line for each counter.
pub(in super::super) async fn read(reader: &Reader<'_>, commands: &Commands) -> Result<Section> {
    let part = reader
        .read(include_str!("../../sql/find_database_counters.sql"))
        .await?;
    part.judge("cache", |rows: Vec<Row>| {
        let lines = rows
            .into_iter()
            .flat_map(|row| row.judge(commands))
            .collect();
        Section::of("cache", lines)
    })
}

impl Row {
    fn judge(self, commands: &Commands) -> [Line; 4] {
        let look_if = |condition| match condition {
            true => Verdict::Look,
            false => Verdict::Fine,
        };
        let hits = share(self.hits, self.hits + self.reads);
        let has_corruption = match self.checksum_failures {
            0 => Verdict::Fine,
            _ => Verdict::Act,
        };
        [
            Line::judged(
                "cache hits",
                format!(
                    "{} of all reads, with shared_buffers at {}",
                    percent(hits),
                    self.shared_buffers
                ),
                look_if(hits < MIN_HITS && self.reads >= MIN_READS),
                commands.sql(
                    "select * from pg_statio_user_tables order by heap_blks_read desc limit 10",
                ),
            ),
            Line::judged(
                "temporary files",
                format!(
                    "{} since the statistics began, with work_mem at {}",
                    bytes(self.temp_bytes),
                    self.work_mem
                ),
                look_if(self.temp_bytes >= MANY_BYTES),
                commands.set("log_temp_files", "10MB"),
            ),
            Line::fine("deadlocks", count(self.deadlocks)),
            Line::judged(
                "wrong checksums",
                count(self.checksum_failures),
                has_corruption,
                "cruddur db backup FILE  # and restore it on other disks".to_owned(),
            ),
        ]
    }
}
