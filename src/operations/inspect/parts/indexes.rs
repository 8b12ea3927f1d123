//! The largest indexes, and those that are invalid, not used, or made unnecessary by another one.

use serde::Deserialize;

use super::super::commands::Commands;
use super::super::part::Reader;
use super::super::report::{Line, Section};
use super::super::text::{bytes, duration, percent, share};
use crate::error::Result;
use crate::operations::verdict::Verdict;

/// As many indexes are listed, and further ones only if they are not fine.
const LISTED: usize = 10;
/// Free space deserves a look from this number of bytes and this share of the index on, and an act from these. A B-tree into
/// which values are inserted in random order has a third of free space.
const LOOK: (i64, f64) = (10 << 20, 0.5);
const ACT: (i64, f64) = (1 << 30, 0.7);
/// Less free space is not mentioned.
const SHOWN: i64 = 1 << 20;

#[derive(Deserialize)]
struct Row {
    name: String,
    table_name: String,
    is_valid: bool,
    bytes: i64,
    last_bytes: i64,
    expected_bytes: Option<i64>,
}

#[derive(Deserialize)]
struct Unused {
    name: String,
    table_name: String,
    bytes: i64,
    seconds: f64,
}

#[derive(Deserialize)]
struct Duplicate {
    name: String,
    table_name: String,
    kept: String,
    bytes: i64,
    is_equal: bool,
}

/// The largest indexes, the invalid ones first.
pub(in super::super) async fn read(reader: &Reader<'_>, commands: &Commands) -> Result<Section> {
    let part = reader
        .read(include_str!("../../sql/list_indexes_by_size.sql"))
        .await?;
    part.judge("indexes", |rows: Vec<Row>| {
        let lines = rows.into_iter().map(|row| row.judge(commands)).enumerate();
        let lines = lines.filter(|(index, line)| *index < LISTED || line.verdict != Verdict::Fine);
        let mut lines: Vec<Line> = lines.map(|(_, line)| line).collect();
        if lines.is_empty() {
            lines.push(Line::fine("indexes", "none"));
        }
        Section::of("indexes", lines)
    })
}

impl Row {
    fn judge(self, commands: &Commands) -> Line {
        let size = bytes(self.bytes);
        let remedy = commands.sql(&format!("reindex index concurrently {}", self.name));
        if !self.is_valid {
            let finding = format!(
                "{size}, invalid: building it was interrupted, and statements on {} do not use it",
                self.table_name
            );
            return Line::judged(self.name, finding, Verdict::Act, remedy);
        }
        let free = self.last_bytes - self.expected_bytes.unwrap_or(self.last_bytes);
        let part = share(free, self.last_bytes);
        let reaches = |(amount, limit)| free >= amount && part >= limit;
        let verdict = if reaches(ACT) {
            Verdict::Act
        } else if reaches(LOOK) {
            Verdict::Look
        } else {
            Verdict::Fine
        };
        let mut finding = format!("{size} on {}", self.table_name);
        if free >= SHOWN {
            finding += &format!(", about {} free ({})", bytes(free), percent(part));
        }
        Line::judged(self.name, finding, verdict, remedy)
    }
}

/// Indexes that cost every write and serve no read. Before the statistics are `unused_after` seconds old, it is too early
/// to judge.
pub(in super::super) async fn read_unused(
    reader: &Reader<'_>,
    commands: &Commands,
    unused_after: f64,
) -> Result<Section> {
    let part = reader
        .read(include_str!("../../sql/list_unused_indexes.sql"))
        .await?;
    part.judge("unused_indexes", |rows: Vec<Unused>| {
        let mut lines: Vec<Line> = rows
            .into_iter()
            .map(|row| row.judge(commands, unused_after))
            .collect();
        if lines.is_empty() {
            lines.push(Line::fine("unused indexes", "none"));
        }
        Section::of("unused_indexes", lines)
    })
}

impl Unused {
    fn judge(self, commands: &Commands, unused_after: f64) -> Line {
        let finding = format!(
            "{} on {}, no scan on this server in the {} of its statistics",
            bytes(self.bytes),
            self.table_name,
            duration(self.seconds)
        );
        let verdict = match self.seconds >= unused_after {
            true => Verdict::Look,
            false => Verdict::Fine,
        };
        let remedy = drop_index(&self.name, commands);
        Line::judged(self.name, finding, verdict, remedy)
    }
}

/// Indexes that another index of the table makes unnecessary.
pub(in super::super) async fn read_duplicate(
    reader: &Reader<'_>,
    commands: &Commands,
) -> Result<Section> {
    let part = reader
        .read(include_str!("../../sql/list_duplicate_indexes.sql"))
        .await?;
    part.judge("duplicate_indexes", |rows: Vec<Duplicate>| {
        let mut lines: Vec<Line> = rows
            .into_iter()
            .map(|row| {
                let size = bytes(row.bytes);
                let (what, verdict) = match row.is_equal {
                    true => ("equal to", Verdict::Act),
                    false => ("the beginning of", Verdict::Look),
                };
                let finding = format!("{size} on {}, {what} {}", row.table_name, row.kept);
                Line::judged(&row.name, finding, verdict, drop_index(&row.name, commands))
            })
            .collect();
        if lines.is_empty() {
            lines.push(Line::fine("duplicate indexes", "none"));
        }
        Section::of("duplicate_indexes", lines)
    })
}

fn drop_index(name: &str, commands: &Commands) -> String {
    commands.sql(&format!("drop index concurrently {name}"))
}
