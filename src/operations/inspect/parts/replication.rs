//! How far standbys are behind, and how much write-ahead log the server keeps for replication slots.

use serde::Deserialize;

use super::super::commands::{Commands, literal};
use super::super::part::Reader;
use super::super::report::{Line, Section};
use super::super::text::{bytes, duration, float};
use crate::error::Result;
use crate::operations::verdict::Verdict;

const NAME: &str = "replication";
/// A standby deserves a look or an act from so many bytes or seconds behind on.
const LOOK_BYTES: f64 = 64.0 * 1_048_576.0;
const ACT_BYTES: f64 = 1_073_741_824.0;
const LOOK_SECONDS: f64 = 10.0;
const ACT_SECONDS: f64 = 60.0;
/// The server keeps so many bytes for a slot before it deserves an act; for one in use, before it deserves a look.
const MANY_BYTES: f64 = 1_073_741_824.0;

#[derive(Deserialize)]
struct Standby {
    app: String,
    state: String,
    bytes: Option<i64>,
    seconds: Option<f64>,
}

#[derive(Deserialize)]
struct Replay {
    is_paused: bool,
    bytes: Option<i64>,
    seconds: Option<f64>,
}

#[derive(Deserialize)]
struct Slot {
    name: String,
    is_active: bool,
    status: String,
    bytes: Option<i64>,
}

/// The receivers of the server's changes; on a standby also its own replay.
pub(in super::super) async fn read(
    reader: &Reader<'_>,
    commands: &Commands,
    is_standby: bool,
) -> Result<Section> {
    let mut lines = Vec::new();
    if is_standby {
        let part = reader
            .read(include_str!("../../sql/find_replay.sql"))
            .await?;
        let replay = part.judge(NAME, |rows: Vec<Replay>| {
            let lines = rows.into_iter().map(|row| row.judge(commands)).collect();
            Section::of(NAME, lines)
        })?;
        if replay.lines.is_empty() {
            return Ok(replay);
        }
        lines = replay.lines;
    }
    let part = reader
        .read(include_str!("../../sql/list_standbys.sql"))
        .await?;
    part.judge(NAME, |rows: Vec<Standby>| {
        lines.extend(rows.into_iter().map(|row| row.judge(commands)));
        if lines.is_empty() {
            lines.push(Line::fine("standbys", "none is connected"));
        }
        Section::of(NAME, lines)
    })
}

impl Replay {
    fn judge(self, commands: &Commands) -> Line {
        let behind = self.bytes.unwrap_or_default();
        let age = match behind {
            0 => 0.0,
            _ => self.seconds.unwrap_or_default(),
        };
        let finding = format!("{} behind, {}", bytes(behind), duration(age));
        match self.is_paused {
            true => Line::judged(
                "replay of this standby",
                format!("paused; {finding}"),
                Verdict::Act,
                commands.sql("select pg_wal_replay_resume()"),
            ),
            false => Line::judged(
                "replay of this standby",
                finding,
                lag(behind, age),
                commands.sql(
                    "select * from pg_stat_database_conflicts where datname = current_database()",
                ),
            ),
        }
    }
}

impl Standby {
    fn judge(self, commands: &Commands) -> Line {
        let behind = self.bytes.unwrap_or_default();
        let seconds = self.seconds.unwrap_or_default();
        let finding = format!(
            "{}, {} behind, {}",
            self.state,
            bytes(behind),
            duration(seconds)
        );
        let remedy = commands.sql("select * from pg_stat_replication");
        Line::judged(self.app, finding, lag(behind, seconds), remedy)
    }
}

fn lag(bytes: i64, seconds: f64) -> Verdict {
    Verdict::of(float(bytes), LOOK_BYTES, ACT_BYTES).max(Verdict::of(
        seconds,
        LOOK_SECONDS,
        ACT_SECONDS,
    ))
}

/// The replication slots. One that no standby uses keeps write-ahead log until the disk is full.
pub(in super::super) async fn read_slots(
    reader: &Reader<'_>,
    commands: &Commands,
) -> Result<Section> {
    let part = reader
        .read(include_str!("../../sql/list_replication_slots.sql"))
        .await?;
    part.judge("replication_slots", |rows: Vec<Slot>| {
        let mut lines: Vec<Line> = rows.into_iter().map(|row| row.judge(commands)).collect();
        if lines.is_empty() {
            lines.push(Line::fine("replication slots", "none"));
        }
        Section::of("replication_slots", lines)
    })
}

impl Slot {
    fn judge(self, commands: &Commands) -> Line {
        let kept = self.bytes.unwrap_or_default();
        let verdict = match (self.status.as_str(), self.is_active) {
            ("lost" | "unreserved", _) => Verdict::Act,
            (_, true) => Verdict::of(float(kept), MANY_BYTES, 10.0 * MANY_BYTES),
            (_, false) => Verdict::of(float(kept), 0.0, MANY_BYTES),
        };
        let used = match self.is_active {
            true => "in use",
            false => "not in use",
        };
        let finding = format!(
            "{used}, keeps {} of write-ahead log ({})",
            bytes(kept),
            self.status
        );
        let remedy = commands.sql(&format!(
            "select pg_drop_replication_slot({})",
            literal(&self.name)
        ));
        Line::judged(self.name, finding, verdict, remedy)
    }
}
